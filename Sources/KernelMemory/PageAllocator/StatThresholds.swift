extension Core {
    /// Lets the CPUs' shares of the free counter drift less while kswapd works, so that watermarks
    /// are read more exactly.
    ///
    /// A machine with one CPU has nothing to adjust.
    ///
    /// The corresponding kernel function is `set_pgdat_percpu_threshold` (mm/vmstat.c, 6.1).
    func setStatThresholds(underPressure: Bool) {
        guard shape.cpuCount > 1 else { return }
        for zone in 0..<MachineShape.zoneCount where zones[zone].isPopulated {
            let threshold =
                underPressure
                ? pressureThreshold(zone)
                : ZoneTuning.statThreshold(
                    managed: zones[zone].managed, cpuCount: shape.cpuCount)
            for cpu in 0..<shape.cpuCount {
                perCPU[cpu * MachineShape.zoneCount + zone].statThreshold = threshold
            }
        }
    }

    /// The most that a CPU's share of a zone's free counter can be: what has drifted under one threshold stays when
    /// another one is set, until pages come or go.
    func largestShare(_ zone: Int, under threshold: Int32) -> Int32 {
        guard shape.cpuCount > 1 else { return threshold }
        let normal = ZoneTuning.statThreshold(
            managed: zones[zone].managed, cpuCount: shape.cpuCount)
        return max(threshold, normal, pressureThreshold(zone))
    }

    /// The corresponding kernel function is `calculate_pressure_threshold` (mm/vmstat.c, 6.1).
    private func pressureThreshold(_ zone: Int) -> Int32 {
        let marks = zones[zone].watermark
        let distance = marks[Watermark.low] - marks[Watermark.min]
        return min(125, max(1, distance / Int32(shape.cpuCount)))
    }
}
