# `make` says what there is. Go is the only thing that must be there beforehand.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench build fuzz

export CGO_ENABLED := 0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 30s

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## a small country with organisations, reports and warnings, in your browser
	go run ./cmd/polder demo

test: ## all tests, on SQLite and PostgreSQL and in a browser
	scripts/test

check: ## gofmt, vet, staticcheck (fetched once)
	@files=$$(gofmt -l .); test -z "$$files" || { echo "run gofmt -w on:"; echo "$$files"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

bench: ## speed and size, as a table
	scripts/bench

build: ## bin/polder, one static binary
	go build -trimpath -o bin/polder ./cmd/polder

fuzz: ## every fuzz test for FUZZTIME (30s) each
	@for package in $$(go list ./...); do \
		for name in $$(go test -list '^Fuzz' "$$package" | grep '^Fuzz'); do \
			echo "$$package $$name"; go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$package" || exit 1; \
		done; \
	done
