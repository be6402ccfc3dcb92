import KernelMemory

/// The caches that a trace makes before its calls, held against what the kernel's formulas give.
///
/// A machine with the caches of the `before_create` dump is asked for the same ones; then each must
/// have been merged into the same cache, or have the same sizes as the kernel's.
struct CreatedCaches {
    private struct Created {
        var request: CacheRequest
        var mergedInto: String
    }

    private var created: [Created] = []
    private var before: RecordedCaches?
    private var pages: MachineRecording?

    /// The caches before, and the pages.
    ///
    /// - Returns: the first cache that a machine of this kind would boot otherwise.
    mutating func begin(with caches: RecordedCaches, on pages: MachineRecording?) -> String? {
        before = caches
        self.pages = pages
        return pages.flatMap { caches.firstBootDifference(on: $0, keepsApart: !caches.mayMerge) }
            .map { "machine booted by the formulas: \($0)" }
    }

    /// A `create` record; `false` if a field that must be there is not.
    mutating func add(_ node: JSONNode) -> Bool {
        guard let name = node["name"]?.text, let size = node["size"]?.number,
            let align = node["align"]?.number, let flags = node["flags"]?.address,
            let constructor = node["ctor"]?.number, let merged = node["merged_into"]?.text
        else { return false }
        let request = CacheRequest(
            name: name, size: UInt32(clamping: size), align: UInt32(clamping: align),
            flags: CacheFlags(rawValue: UInt32(truncatingIfNeeded: flags)),
            constructor: constructor == 0 ? .none : .unknown)
        created.append(Created(request: request, mergedInto: merged))
        return true
    }

    /// The first cache that the model would have made otherwise.
    func firstDifference(in recorded: RecordedCaches) -> String? {
        guard let pages, let before else { return nil }
        switch (before, recorded) {
        case (.slub(let caches), .slub(let kernel)):
            let bench = CacheBench(pages, caches: caches, keepsApart: !before.mayMerge)
            return firstDifference(bench.create) { name in
                kernel.first { $0.name == name }.map { ($0.geometry, $0.users) }
            }
        case (.classic(let caches), .classic(let kernel)):
            let bench = CacheBench(pages, caches: caches, keepsApart: !before.mayMerge)
            return firstDifference(bench.createClassic) { name in
                kernel.first { $0.name == name }.map { ($0.geometry, $0.users) }
            }
        default: return "the dumps are of two allocators"
        }
    }

    private func firstDifference<Geometry: Equatable>(
        _ create: (CacheRequest) -> (name: String, geometry: Geometry)?,
        kernel: (String) -> (Geometry, Int32)?
    ) -> String? {
        for cache in created {
            guard let model = create(cache.request) else {
                return "cache \(cache.request.name): the model cannot make it"
            }
            if model.name != cache.mergedInto {
                return "cache \(cache.request.name): model merges it into \(model.name), "
                    + "kernel into \(cache.mergedInto)"
            }
            guard model.name == cache.request.name, let (geometry, users) = kernel(model.name)
            else { continue }
            if model.geometry != geometry, users == 1 {
                return "cache \(model.name): model \(model.geometry), kernel \(geometry)"
            }
        }
        return nil
    }
}

extension RecordedCaches {
    /// Whether caches may be merged; only those that were show how the kernel was booted.
    fileprivate var mayMerge: Bool {
        switch self {
        case .slub(let caches): caches.contains { $0.users > 1 }
        case .classic(let caches): caches.contains { $0.users > 1 }
        }
    }
}
