package feeds

// IntelMQ gives the finding as an IntelMQ event: flat keys, values that
// encoding/json writes as IntelMQ does.
func (f Finding) IntelMQ() map[string]any { return nil }
