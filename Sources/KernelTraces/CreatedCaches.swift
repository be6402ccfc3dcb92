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
    private var before: [SlubCacheRecording] = []
    private var header: MachineRecording?

    mutating func begin(with caches: [SlubCacheRecording], on header: MachineRecording?) {
        before = caches
        self.header = header
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
    func firstDifference(in recorded: [SlubCacheRecording]) -> String? {
        guard let header else { return nil }
        // Only caches that were merged with another one show how the kernel was booted.
        let mayMerge = before.contains { $0.users > 1 }
        let bench = CacheBench(header, caches: before, keepsApart: !mayMerge)
        for cache in created {
            guard let model = bench.create(cache.request) else {
                return "cache \(cache.request.name): the model cannot make it"
            }
            if model.name != cache.mergedInto {
                return "cache \(cache.request.name): model merges it into \(model.name), "
                    + "kernel into \(cache.mergedInto)"
            }
            guard let kernel = recorded.first(where: { $0.name == model.name }),
                model.name == cache.request.name
            else { continue }
            if model.geometry != kernel.geometry, kernel.users == 1 {
                return "cache \(model.name): model \(model.geometry), kernel \(kernel.geometry)"
            }
        }
        return nil
    }
}
