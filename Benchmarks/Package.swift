// swift-tools-version: 6.1
import PackageDescription

// The core and the journal store without HTTP, measured. A package of its own, so that the product builds nothing of it.
let package = Package(
    name: "kmemlab-benchmarks",
    dependencies: [.package(name: "kmemlab", path: "..")],
    targets: [
        .executableTarget(
            name: "corebench", dependencies: [.product(name: "KernelMemory", package: "kmemlab")]),
        // The journal store: times and bytes. See its head for how to call it.
        .executableTarget(
            name: "journalbench",
            dependencies: [
                .product(name: "SessionJournal", package: "kmemlab"),
                .product(name: "KernelMemory", package: "kmemlab"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
