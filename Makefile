# make run     build martletd in release and start it (ARGS="--port 1884" to pass flags)
# make test    everything that guards the project, unit to system, with one summary at the end
# make help    all of it
SWIFT ?= swift
FUZZ_SECONDS ?= 30
SOAK_SECONDS ?= 14400
SOURCES = Package.swift Sources Tests Benchmarks Examples $(wildcard Fuzzing)

.PHONY: help run martlet build test bench bench-brokers bench-durable bench-loops bench-instructions bench-clients lint format fuzz soak endurance crash conformance \
	documentation clean

help:
	@echo 'make run           install missing C libraries, build in release, start martletd; ARGS="..." are its flags, DATA its directory'
	@echo 'make martlet       build the command line in release'
	@echo 'make build         build everything in release'
	@echo 'make test          everything that guards the project: at most 20 minutes on 2 cores'
	@echo 'make bench         nanoseconds per packet, match and delivery, and allocations, in process; ARGS=--json'
	@echo 'make bench-brokers broker CPU per delivery beside mosquitto and a reference relay; half an hour'
	@echo 'make bench-durable what durability costs, beside mosquitto with persistence; reconnecting, restarting; a quarter of an hour'
	@echo 'make bench-loops   broker CPU per delivery with one event loop, with two, and when messages cross; a quarter of an hour'
	@echo 'make bench-instructions   the same in instructions, counted by valgrind: no other work on the machine disturbs it'
	@echo 'make bench-clients client CPU per message and memory per client beside Paho C and mosquitto; six minutes'
	@echo 'make lint          swift format, and a build in which warnings are errors'
	@echo 'make format        let swift format put the sources right'
	@echo 'make fuzz          libFuzzer over decoder and core; FUZZ_SECONDS=30 each'
	@echo 'make soak          simulation seeds and fuzzing for hours; SOAK_SECONDS=14400'
	@echo 'make endurance     200,000 messages while the client is killed and the broker restarted; four minutes; ARGS=--kills=20'
	@echo 'make crash         kill -9 to the broker at KILLS=300 random instants; what it acknowledged has to be there; four minutes; ARGS="--seed 2"'
	@echo 'make conformance   write Documentation/Conformance.md from the marks in sources and tests'
	@echo 'make documentation the client libraries as a web site in .build/documentation/site; ARGS=--serve shows it'

# What it has to remember is kept in DATA, unless ARGS or the file they name say where.
DATA ?= ./martlet-data
OWN_DATA = $(filter --data --data=% --no-data -c --config --config=%,$(ARGS))
run:
	@scripts/setup run
	$(SWIFT) build -c release --product martletd
	@exec "$$($(SWIFT) build -c release --show-bin-path)/martletd" $(if $(OWN_DATA),,--data "$(DATA)") $(ARGS)

martlet:
	@scripts/setup run
	$(SWIFT) build -c release --product martlet
	@echo "built $$($(SWIFT) build -c release --show-bin-path)/martlet"

build:
	@scripts/setup run
	$(SWIFT) build -c release

test:
	@SWIFT="$(SWIFT)" FUZZ_SECONDS="$(FUZZ_SECONDS)" scripts/test

bench:
	@scripts/setup run
	$(SWIFT) run -c release Benchmarks $(ARGS)

# Half an hour. SCENARIOS=a,b picks some, ROUNDS=1 is quicker; mosquitto has to be installed.
ROUNDS ?= 3
bench-brokers:
	@scripts/setup bench
	$(SWIFT) build -c release --product martletd
	mkdir -p .build/bench
	cc -O2 -o .build/bench/mqload scripts/bench/mqload.c
	cc -O2 -o .build/bench/floor scripts/bench/floor.c
	PATH="$$($(SWIFT) build -c release --show-bin-path):$(CURDIR)/.build/bench:$$PATH" python3 scripts/bench/compare.py \
		--config scripts/bench/table.json --mqload .build/bench/mqload --rounds $(ROUNDS) --scenarios "$(SCENARIOS)" \
		--json .build/bench/table.json --markdown .build/bench/table.md

bench-durable:
	@scripts/setup bench
	$(SWIFT) build -c release --product martletd
	$(SWIFT) build -c release --product martlet
	mkdir -p .build/bench
	cc -O2 -o .build/bench/mqload scripts/bench/mqload.c
	PATH="$$($(SWIFT) build -c release --show-bin-path):$$PATH" python3 scripts/bench/compare.py \
		--config scripts/bench/durable.json --mqload .build/bench/mqload --rounds $(ROUNDS) --scenarios "$(SCENARIOS)" \
		--json .build/bench/durable.json --markdown .build/bench/durable.md
	bin="$$($(SWIFT) build -c release --show-bin-path)"; python3 scripts/bench/reconnect.py --martletd "$$bin/martletd"
	bin="$$($(SWIFT) build -c release --show-bin-path)"; python3 scripts/bench/restart.py --martletd "$$bin/martletd" --martlet "$$bin/martlet"

# PIN=1,0 keeps the broker on processor 1 and the load on 0.
bench-loops:
	@scripts/setup bench
	$(SWIFT) build -c release --product martletd
	mkdir -p .build/bench
	cc -O2 -o .build/bench/mqload scripts/bench/mqload.c
	PATH="$$($(SWIFT) build -c release --show-bin-path):$$PATH" python3 scripts/bench/compare.py \
		--config scripts/bench/loops.json --mqload .build/bench/mqload --rounds $(ROUNDS) --scenarios "$(SCENARIOS)" --pin "$(PIN)" \
		--json .build/bench/loops.json --markdown .build/bench/loops.md

# FUNCTIONS=20 also shows where they grew.
FUNCTIONS ?= 0
bench-instructions:
	@scripts/setup instructions
	$(SWIFT) build -c release --product martletd
	mkdir -p .build/bench
	cc -O2 -o .build/bench/mqload scripts/bench/mqload.c
	python3 scripts/bench/instructions.py --config scripts/bench/loops.json --martletd "$$($(SWIFT) build -c release --show-bin-path)/martletd" \
		--mqload .build/bench/mqload --scenarios "$(SCENARIOS)" --functions $(FUNCTIONS) --markdown .build/bench/instructions.md

# ROWS="receive,memory" picks some.
bench-clients:
	@scripts/setup bench
	$(SWIFT) build -c release --product martletd
	$(SWIFT) build -c release --product ClientLoad
	mkdir -p .build/bench
	cc -O2 -o .build/bench/client-paho scripts/bench/clients/paho.c -lpaho-mqtt3a
	cc -O2 -o .build/bench/client-paho-sync scripts/bench/clients/paho-sync.c -lpaho-mqtt3c
	cc -O2 -o .build/bench/client-mosquitto scripts/bench/clients/mosquitto.c -lmosquitto
	PATH="$$($(SWIFT) build -c release --show-bin-path):$(CURDIR)/.build/bench:$$PATH" python3 scripts/bench/clients.py \
		--rounds $(ROUNDS) --rows "$(ROWS)" --json .build/bench/clients.json --markdown .build/bench/clients.md

lint:
	@scripts/setup run
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)
	$(SWIFT) build --build-tests -Xswiftc -warnings-as-errors --scratch-path .build/strict

format:
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

fuzz:
	@scripts/setup python
	@SWIFT="$(SWIFT)" FUZZ_SECONDS="$(FUZZ_SECONDS)" scripts/fuzz

soak:
	@scripts/setup python
	@SWIFT="$(SWIFT)" SOAK_SECONDS="$(SOAK_SECONDS)" scripts/soak

# MESSAGES of each QoS; of the brokers mosquitto is restarted every second.
MESSAGES ?= 100000
endurance:
	@scripts/setup bench
	$(SWIFT) build -c release --product martletd
	$(SWIFT) build -c release --product ClientLoad
	for broker in martletd mosquitto; do \
		PATH="$$($(SWIFT) build -c release --show-bin-path):$$PATH" python3 scripts/endurance.py --broker $$broker --messages $(MESSAGES) $(ARGS) || exit 1; \
	done

KILLS ?= 300
crash:
	@scripts/setup run
	$(SWIFT) build -c release --product martletd
	$(SWIFT) build -c release --product crashtest
	@bin="$$($(SWIFT) build -c release --show-bin-path)"; "$$bin/crashtest" --martletd "$$bin/martletd" --kills $(KILLS) $(ARGS)

conformance:
	@scripts/setup python
	@scripts/conformance.py

documentation:
	@scripts/setup run
	@SWIFT="$(SWIFT)" scripts/documentation $(ARGS)

clean:
	rm -rf .build
