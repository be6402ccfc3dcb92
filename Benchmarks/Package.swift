// swift-tools-version: 6.1
import PackageDescription

// The core without HTTP, measured. A package of its own, so that the product builds nothing of it.
let package = Package(
    name: "kmemlab-benchmarks",
    dependencies: [.package(name: "kmemlab", path: "..")],
    targets: [
        .executableTarget(
            name: "corebench", dependencies: [.product(name: "KernelMemory", package: "kmemlab")])
    ],
    swiftLanguageModes: [.v6]
)
