/// What a recording contains, in 256 bits: recordings with the same digest are the same machine.
///
/// The corresponding standard is SHA-256 (FIPS 180-4), over all numbers of the recording in a fixed
/// order.
public struct RecordingDigest: Hashable, Sendable {
    /// The digest as four words, the first bytes first.
    public let words: SIMD4<UInt64>

    /// A digest as it was kept; nothing is checked.
    package init(words: SIMD4<UInt64>) { self.words = words }

    /// 64 hexadecimal digits.
    public var text: String {
        (0..<4).map { index in
            let digits = String(words[index], radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

extension MachineRecording {
    /// Names the recording by its content.
    ///
    /// - Complexity: O(numbers in the recording).
    public var digest: RecordingDigest {
        var numbers = NumberDigest()
        numbers.add(architecture == .i386 ? 32 : 64)
        for number in [cpuCount, cpu, Int(pageBlockOrder), debug ? 1 : 0, slab == .slub ? 0 : 1] {
            numbers.add(number)
        }
        for address in [
            minFreeKilobytes, layout.pageOffset, layout.highMemory, layout.memMap,
            layout.vmallocStart, layout.vmallocEnd, layout.pkmapBase ?? 0, layout.fixaddrStart,
        ] { numbers.add(Int(truncatingIfNeeded: address)) }
        numbers.add(zones.count)
        for zone in zones { zone.add(to: &numbers) }
        return RecordingDigest(words: numbers.finish())
    }
}

extension MachineRecording.Zone {
    fileprivate func add(to numbers: inout NumberDigest) {
        for number in [index, Int(start), Int(spanned), Int(present), Int(managed)] {
            numbers.add(number)
        }
        for item in 0..<4 {
            numbers.add(Int(watermark[item]))
            numbers.add(Int(lowmemReserve[item]))
        }
        for number in [Int(boost), Int(reservedHighAtomic), Int(flags), Int(freePages)] {
            numbers.add(number)
        }
        numbers.add(pageBlockTypes.count)
        for type in pageBlockTypes { numbers.add(Int(type)) }
        numbers.add(freeLists.count)
        for list in freeLists {
            numbers.add(Int(list.order))
            numbers.add(list.migrateType)
            numbers.add(list.pfns.count)
            for pfn in list.pfns { numbers.add(Int(pfn)) }
        }
        numbers.add(freeCounts.count)
        for count in freeCounts { numbers.add(Int(count)) }
        numbers.add(perCPU.count)
        for local in perCPU { local.add(to: &numbers) }
        for ranges in [reserved, lruOrMovable, invalid] {
            numbers.add(ranges.count)
            for range in ranges {
                numbers.add(Int(range.start))
                numbers.add(Int(range.count))
            }
        }
    }
}

extension MachineRecording.PerCPU {
    fileprivate func add(to numbers: inout NumberDigest) {
        numbers.add(cpu)
        for number in [count, high, batch, freeFactor, freeDelta, statThreshold] {
            numbers.add(Int(number))
        }
        numbers.add(lists.count)
        for list in lists {
            numbers.add(list.count)
            for entry in list {
                numbers.add(Int(entry.pfn))
                numbers.add(entry.migrateType)
            }
        }
    }
}
