# The commands of this project; each is a script under tools/ that can also be run by itself.
# PG_MAJOR=16 in front of any of them chooses another PostgreSQL than 15.

.PHONY: help setup build install demo test fuzz fuzz-inputs mutants bench clean

help:
	@echo 'make demo     see it work: its own PostgreSQL, sample data, six people, removed at the end'
	@echo 'make test     every test'
	@echo 'make fuzz     random data and configurations against the reference evaluator for SECONDS=600; SEED=n repeats a run'
	@echo 'make fuzz-inputs  hostile input for long: PERCENT=5000 of what the tests try; SEED=n repeats a run'
	@echo 'make mutants  break every clause of the policies in turn; each must be noticed (long); PART=functions: of the functions'
	@echo 'make bench    what policies cost against queries written by hand; SCALE=1/10, 1/N or full; GROWTH=1; ONLY="count_deals t" (see tools/bench)'
	@echo 'make setup    install what is missing on Debian or Ubuntu with Rust (says what)'
	@echo 'make build    the command line in target/release/crm-access, and the extension'
	@echo 'make install  the extension into the PostgreSQL of this machine'
	@echo 'make clean    remove what was built'

setup:
	@tools/setup

build: setup
	cargo build --release --features cli --bin crm-access
	@tools/install-extension

install: setup
	@tools/install-extension --system

demo:
	@tools/demo

test: setup
	@tools/test

fuzz: setup
	@tools/fuzz $(or $(SECONDS),600) $(SEED)

fuzz-inputs: setup
	@tools/fuzz-inputs $(or $(PERCENT),5000) $(SEED)

mutants: setup
	@tools/mutants $(PART)

bench: setup
	@tools/bench $(if $(GROWTH),--growth,--scale $(or $(SCALE),1/10)) $(if $(ONLY),--only '$(ONLY)')

clean:
	cargo clean
