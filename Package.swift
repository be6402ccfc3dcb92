// swift-tools-version: 6.1
// SPDX-License-Identifier: GPL-2.0-only
import PackageDescription

let package = Package(
    name: "kmemlab",
    products: [
        .executable(name: "kmemlab", targets: ["kmemlab"]),
        .library(name: "KernelMemory", targets: ["KernelMemory"]),
        .library(name: "MicroHTTPD", targets: ["MicroHTTPD"]),
        .library(name: "SessionJournal", targets: ["SessionJournal"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // The simulated kernel: a pure value. Knows no HTTP, no Foundation.
        .target(name: "KernelMemory"),
        // libmicrohttpd behind a Swift interface. Knows no kernel.
        .systemLibrary(
            name: "CMicroHTTPD", pkgConfig: "libmicrohttpd",
            providers: [.apt(["libmicrohttpd-dev"])]),
        // Debian's zlib.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "MicroHTTPD", dependencies: ["CMicroHTTPD", "CZlib"]),
        // simdjson (Debian's libsimdjson-dev) behind a C header.
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        // Recorded kernel traces: read, replayed call by call, compared.
        .target(name: "KernelTraces", dependencies: ["KernelMemory", "CSimdJSON", "CZlib"]),
        // Traces of other tools as kernel calls.
        .target(name: "CallImport", dependencies: ["KernelMemory"]),
        // Debian's LMDB.
        .systemLibrary(name: "CLMDB", providers: [.apt(["liblmdb-dev"])]),
        // Sessions on the disk: what they started as, and their calls. Knows no HTTP.
        .target(name: "SessionJournal", dependencies: ["KernelMemory", "CLMDB"]),
        // Routes, JSON, sessions, problems: the machine over HTTP.
        .target(
            name: "MemoryAPI",
            dependencies: [
                "KernelMemory", "KernelTraces", "CallImport", "MicroHTTPD", "SessionJournal",
                "CLMDB", "CSimdJSON", "Yams",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "kmemlab",
            dependencies: [
                "KernelMemory", "KernelTraces", "CallImport", "MicroHTTPD", "MemoryAPI",
                "SessionJournal", "CLMDB",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        // What the kernel's tests share: seeded random numbers, streams of calls.
        .target(
            name: "KernelTestSupport", dependencies: ["KernelMemory"],
            path: "Tests/KernelTestSupport"),
        // Runs such streams for hours, or on many threads.
        .executableTarget(
            name: "soak", dependencies: ["KernelMemory", "KernelTestSupport"], path: "Tests/Soak"),
        // What the service's tests share: a client of sockets.
        .target(name: "TestSupport", dependencies: ["MicroHTTPD"], path: "Tests/TestSupport"),
        .testTarget(
            name: "KernelMemoryTests", dependencies: ["KernelMemory", "KernelTestSupport"],
            resources: [.copy("Misuse")]),
        .testTarget(
            name: "KernelTracesTests", dependencies: ["KernelTraces", "KernelMemory"],
            resources: [.copy("Traces")]),
        .testTarget(
            name: "CallImportTests", dependencies: ["CallImport", "KernelTestSupport"],
            resources: [.copy("Examples")]),
        // Writes to a journal until it is killed, or in the way of another process.
        .executableTarget(
            name: "journal-crasher", dependencies: ["SessionJournal", "KernelMemory"],
            path: "Tests/JournalCrasher"),
        .testTarget(
            name: "SessionJournalTests",
            dependencies: [
                "SessionJournal", "KernelMemory", "KernelTestSupport", "CLMDB", "journal-crasher",
            ]),
        .testTarget(
            name: "MicroHTTPDTests", dependencies: ["MicroHTTPD", "TestSupport", "CZlib"]),
        .testTarget(
            name: "MemoryAPITests",
            dependencies: [
                "MemoryAPI", "MicroHTTPD", "KernelMemory", "SessionJournal", "CLMDB", "CSimdJSON",
                "CZlib", "KernelTestSupport", "TestSupport", "Yams",
            ],
            exclude: ["Fixtures"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// The targets of the fuzzers. They are tests of their corpora; with KMEMLAB_FUZZ they are fuzzers, which
// need a linker with libFuzzer: see `make fuzz`.
let fuzzDependencies: [Target.Dependency] = [
    "MemoryAPI", "MicroHTTPD", "KernelMemory", "KernelTraces", "CallImport", "SessionJournal",
    "CSimdJSON", "CLMDB", "KernelTestSupport",
]
if Context.environment["KMEMLAB_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz", dependencies: fuzzDependencies, path: "Tests/Fuzz",
            exclude: ["Corpora", "Dictionaries", "CorpusTests.swift", "run.py"]))
} else {
    package.targets.append(
        .testTarget(
            name: "FuzzTests", dependencies: fuzzDependencies, path: "Tests/Fuzz",
            exclude: ["Corpora", "Dictionaries", "main.swift", "run.py"]))
}

// `Tests/run.py` has the kernel optimized in the tests' build, which makes millions of calls to it. A
// package with such flags could not be depended on by its version, so only there.
if Context.environment["KMEMLAB_OPTIMIZED_TESTS"] != nil {
    let flags = ["-O", "-disable-batch-mode", "-whole-module-optimization", "-num-threads", "2"]
    let kernel = ["KernelMemory", "KernelTraces", "KernelTestSupport"]
    for target in package.targets where kernel.contains(target.name) {
        target.swiftSettings = [.unsafeFlags(flags)]
    }
}
