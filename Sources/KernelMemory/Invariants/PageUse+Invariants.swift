extension Core {
    /// What calls took is what frames and slabs say of it: each step but those at boot is a call's.
    func checkPageUse(blocks: Int) -> String? {
        var areas = 0
        var tables = 0
        for pfn in 0..<shape.frameEnd {
            let frame = frames.readable(pfn).pointee
            guard frame.has(Frame.mapping), frame.step != 0 else { continue }
            if MappingUse(code: frame.next) == .pageTable { tables += 1 } else { areas += 1 }
        }
        var slabPages = 0
        slabs.pointee.forEach { number in
            let slab = readSlab(number).pointee
            if frames.readable(slab.pfn).pointee.step != 0 { slabPages += 1 << Int(slab.order) }
        }
        let counted = control.pointee.kernelPages
        for (what, found, known) in [
            ("pages behind areas", areas, Int(counted.areas)),
            ("pages of tables", tables, Int(counted.tables)),
            ("pages of slabs", slabPages, Int(counted.slabs)),
            (
                "pages taken", blocks + areas + tables + slabPages,
                Int(control.pointee.takenPages)
            ),
        ] where found != known {
            return "\(found) \(what), counted \(known)"
        }
        return nil
    }
}
