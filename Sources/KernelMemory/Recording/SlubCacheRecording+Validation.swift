extension SlubCacheRecording {
    /// Refuses a cache whose numbers lead out of the machine: objects that a slab has not, frames that
    /// no memory has, CPUs that are not online.
    ///
    /// - Complexity: O(objects).
    func validate(for shape: MachineShape) throws(RecordingError) {
        let onCPUs = cpus.flatMap { cpu in cpu.partial.map(\.slab) + (cpu.slab.map { [$0] } ?? []) }
        let isSound =
            geometry.isSound
            && cpus.allSatisfy { cpu in
                (0..<shape.cpuCount).contains(cpu.cpu)
                    && (cpu.slab?.lists(also: cpu.free) ?? cpu.free.isEmpty)
            }
            && (onCPUs + partial).allSatisfy { $0.isSound(geometry, shape) }
        guard !isSound else { return }
        throw RecordingError(
            .header, "", value: "the cache \(name)",
            expected: "caches whose slabs lie in memory and whose free objects lie in their slabs")
    }
}

extension SlubCacheRecording.Geometry {
    fileprivate var isSound: Bool {
        size > 0 && size <= 1 << 22 && order <= Order.largest && minOrder <= order
            && objects > 0 && objects <= ObjectIndex.limit && minObjects <= objects
            && redLeftPad < size && inuse <= size && offset < size
    }
}

extension SlabRecording {
    fileprivate func isSound(
        _ geometry: SlubCacheRecording.Geometry, _ shape: MachineShape
    ) -> Bool {
        guard order <= Order.largest, pfn < shape.frameEnd, shape.frameEnd - pfn >= 1 << order,
            pfn.isMultiple(of: 1 << order), shape.hasFrame(pfn)
        else { return false }
        return objects > 0 && UInt32(objects) <= max(geometry.objects, geometry.minObjects)
            && inuse <= objects && lists(also: [])
    }

    /// Whether its free objects and further ones are objects of it, each named once.
    fileprivate func lists(also further: [UInt16]) -> Bool {
        let all = free + further
        return all.allSatisfy { $0 < objects } && Set(all).count == all.count
    }
}
