// Package demo is Zilverwaard: a small invented country of organisations, what they ask to be
// watched, and a week of reports about them. `polder demo` shows it and tests use it.
//
// Nothing in it exists. Domains end in .example; addresses and AS numbers are those that the RFCs
// 5737, 3849 and 5398 set apart for documentation.
//
// A file in reports is one report as it comes day after day. Each line begins with the days of the
// week on which it is there ("1567", or * for every day) and a bar. {{date}} in it is the day as
// 2026-11-22 and {{datum}} as 22-11-2026. A report comes on the days for which it has a line of its
// own. A file of the same name that ends in .yaml is the mapping that the report is read with.
package demo

import "embed"

// Files holds organisations.csv, assets.csv and the folder reports.
//
//go:embed organisations.csv assets.csv reports
var Files embed.FS
