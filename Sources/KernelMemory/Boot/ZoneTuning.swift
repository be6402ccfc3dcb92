/// The numbers that the kernel derives from the size of its zones when it boots.
///
/// All formulas are those of Linux 6.1 and agree with every recorded machine.
struct ZoneTuning {
    /// What one zone gets.
    struct Numbers: Equatable {
        var watermark: SIMD4<Int32>
        var lowmemReserve: SIMD4<Int32>
        var batch: Int32
        var high: Int32
        var statThreshold: Int32
    }

    /// Pages that the allocator manages, by zone index; 0 where there is no such zone.
    let managed: [UInt32]
    let architecture: Architecture
    let cpuCount: Int
    /// Pages moved between lists at a time, if not by the formula.
    var fixedBatch: Int32?

    private func isHigh(_ zone: Int) -> Bool { architecture.isHighmem(zone) }

    private var lowmemManaged: UInt64 {
        managed.indices.reduce(0) { $0 + (isHigh($1) ? 0 : UInt64(managed[$1])) }
    }

    /// KiB to keep free in all: the root of sixteen times low memory, 128 KiB to 256 MiB.
    ///
    /// The corresponding kernel function is `calculate_min_free_kbytes` (mm/page_alloc.c, 6.1).
    var minFreeKilobytes: UInt64 {
        min(max(squareRoot(lowmemManaged * 4 * 16), 128), 262_144)
    }

    /// The numbers of one zone.
    func numbers(_ zone: Int) -> Numbers {
        let watermark = watermarks(zone)
        let batch = fixedBatch ?? batch(zone)
        let share = watermark[Watermark.low] / Int32(cpuCount)
        return Numbers(
            watermark: watermark, lowmemReserve: lowmemReserve(zone), batch: batch,
            high: max(share, batch * 4),
            statThreshold: Self.statThreshold(managed: managed[zone], cpuCount: cpuCount))
    }

    /// The corresponding kernel function is `__setup_per_zone_wmarks` (mm/page_alloc.c, 6.1).
    private func watermarks(_ zone: Int) -> SIMD4<Int32> {
        let pages = UInt64(managed[zone])
        let share = (minFreeKilobytes >> 2) * pages / max(lowmemManaged, 1)
        let least = isHigh(zone) ? min(max(pages / 1024, 32), 128) : share
        let step = max(share >> 2, pages * 10 / 10_000)
        return SIMD4((0..<4).map { Int32(least + step * UInt64($0)) })
    }

    /// The corresponding kernel function is `setup_per_zone_lowmem_reserve` (mm/page_alloc.c, 6.1).
    private func lowmemReserve(_ zone: Int) -> SIMD4<Int32> {
        let ratios: [UInt32] = architecture == .i386 ? [256, 32, 0] : [256, 256, 32]
        var reserve = SIMD4<Int32>()
        var above: UInt32 = 0
        for higher in (zone + 1)..<4 {
            above += higher < managed.count ? managed[higher] : 0
            if ratios[zone] != 0, managed[zone] != 0 {
                reserve[higher] = Int32(above / ratios[zone])
            }
        }
        return reserve
    }

    /// The corresponding kernel function is `zone_batchsize` (mm/page_alloc.c, 6.1).
    private func batch(_ zone: Int) -> Int32 {
        let quarter = max(min(managed[zone] >> 10, 256) / 4, 1)
        let scaled = quarter + quarter / 2
        let power = UInt32(1) << (31 - UInt32(scaled.leadingZeroBitCount))
        return max(Int32(power) - 1, 1)
    }

    /// The corresponding kernel function is `calculate_normal_threshold` (mm/vmstat.c, 6.1).
    static func statThreshold(managed: UInt32, cpuCount: Int) -> Int32 {
        min(125, 2 * lastSetBit(UInt32(cpuCount)) * (1 + lastSetBit(managed >> 15)))
    }
}

/// The index of the highest bit that is set, from 1; 0 for 0. `fls`.
private func lastSetBit(_ value: UInt32) -> Int32 { Int32(32 - value.leadingZeroBitCount) }

/// The root, rounded down. `int_sqrt`.
private func squareRoot(_ value: UInt64) -> UInt64 {
    var low: UInt64 = 0
    var high: UInt64 = 1 << 32
    while low < high {
        let middle = (low + high + 1) / 2
        if middle * middle <= value { low = middle } else { high = middle - 1 }
    }
    return low
}
