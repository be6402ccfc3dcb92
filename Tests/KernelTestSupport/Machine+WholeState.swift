import KernelMemory

extension Machine {
    /// All that can be seen of a machine but the bytes of its pages, one part to a string.
    public var wholeState: [String] {
        var parts = [
            "\(step) \(isHalted) \(isCorrupted) \(liveUse) \(misuses) \(log.map(\.text))",
            "\(zoneInfoText)\(pageTypeInfoText)\(memInfoText)\(slabInfoText)\(vmallocInfoText)",
            "\(frameRuns(from: 0, to: frameEnd, limit: .max))",
            "\(slubRecordings)", "\(classicRecordings)",
            "\(vmAreas) \(freeVmRanges) \(unpurgedVmRanges)", "\(kmapPool) \(temporaryMappings)",
            "\(contexts)", "\(shrinkers) \(freeLists)",
        ]
        for zone in zones {
            parts.append(
                "\(freeLists(zone: zone.index, limit: .max)) \(pageBlocks(zone: zone.index))")
            for cpu in 0..<cpuCount {
                parts.append("\(perCPULists(cpu: cpu, zone: zone.index, limit: .max))")
            }
        }
        for cpu in 0..<cpuCount { parts.append("\(tlb(ofCPU: cpu))") }
        return parts
    }
}
