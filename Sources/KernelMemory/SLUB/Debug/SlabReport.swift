/// What a checking kernel prints about a slab that is not as it should be.
extension Core {
    /// The head of a report. `slab_bug`.
    func beginSlabReport(_ cache: UInt32, _ problem: String) {
        cold.markNoticed(step: control.pointee.step)
        printk(String(repeating: "=", count: 77))
        printk("BUG \(cold.registry.name(cache)) (\(cold.taint.text)): \(problem)")
        printk(String(repeating: "-", count: 77))
        printk("")
    }

    /// What the kernel did about it. `slab_fix`.
    func reportFix(_ cache: UInt32, _ text: String) {
        printk("FIX \(cold.registry.name(cache)): \(text)")
    }

    /// A report about a slab. `slab_err`.
    func reportSlab(_ cache: UInt32, _ number: UInt32, _ problem: String, from functions: [String])
    {
        beginSlabReport(cache, problem)
        printSlabInfo(number)
        printStack(["slab_err"] + functions)
        taintByBadPage()
    }

    /// A report about an object. `object_err`.
    func reportObject(
        _ cache: UInt32, _ number: UInt32, _ object: UInt64, _ problem: String,
        from functions: [String]
    ) {
        beginSlabReport(cache, problem)
        if object == 0 || !isValidPointer(object, cache, number) {
            printSlabInfo(number)
            printk("Invalid pointer \(pointerText(object))")
        } else {
            printTrailer(cache, number, object, from: ["object_err"] + functions)
        }
        taintByBadPage()
    }

    /// The kernel does not trust its own lock checks any more. `add_taint`.
    func taintByBadPage() {
        cold.taint.badPage = true
        if cold.warnedOnce.insert(.lockDebugging).inserted {
            printk("Disabling lock debugging due to kernel taint")
        }
    }

    /// Everything about one object: its users, its slab, its bytes. `print_trailer`.
    func printTrailer(
        _ cache: UInt32, _ number: UInt32, _ object: UInt64, from functions: [String]
    ) {
        let owner = slubCache(cache)
        let geometry = owner.pointee.geometry
        printTracking(cache, object)
        printSlabInfo(number)
        let start = directAddress(readSlab(number).pointee.pfn)
        printk(
            "Object \(pointerText(object)) @offset=\(Int64(bitPattern: object &- start)) "
                + "fp=\(pointerText(freePointer(of: object, owner)))")
        printk("")
        if geometry.flags.contains(.redZone) {
            printSection("Redzone  ", object &- UInt64(geometry.redLeftPad), geometry.redLeftPad)
        } else if object > start + 16 {
            printSection("Bytes b4 ", object - 16, 16)
        }
        printSection("Object   ", object, min(geometry.objectSize, 4096))
        if geometry.flags.contains(.redZone) {
            printSection(
                "Redzone  ", object + UInt64(geometry.objectSize),
                geometry.inuse - geometry.objectSize)
        }
        let padding = geometry.paddingOffset(shape.architecture)
        if padding < geometry.sizeFromObject {
            printSection("Padding  ", object + UInt64(padding), geometry.sizeFromObject - padding)
        }
        printStack(["print_trailer"] + functions)
    }
}

// MARK: - The parts of a report

extension Core {
    /// The corresponding kernel function is `print_slab_info` (mm/slub.c, 6.1).
    private func printSlabInfo(_ number: UInt32) {
        let slab = readSlab(number).pointee
        let zone = zoneIndex(of: slab.pfn)
        let isLarge = slab.order > 0
        let isSlab = frames.readable(slab.pfn).pointee.has(Frame.slab)
        let flags =
            UInt64(zone) << (shape.architecture == .i386 ? 30 : 62)
            | (isSlab ? 0x200 : 0) | (isLarge ? 0x1_0000 : 0)
        let names = (isSlab ? "slab|" : "") + (isLarge ? "head|" : "")
        printk(
            "Slab \(pointerText(pagePointer(slab.pfn))) objects=\(slab.objects) "
                + "used=\(slab.inuse) fp=\(pointerText(slabHead(number))) "
                + "flags=\(hexadecimal(flags))(\(names)zone=\(zone))")
    }

    /// The corresponding kernel function is `print_tracking` (mm/slub.c, 6.1).
    func printTracking(_ cache: UInt32, _ object: UInt64) {
        let geometry = readCache(cache).pointee.geometry
        guard geometry.flags.contains(.storeUser) else { return }
        for (event, verb) in [(TrackedEvent.allocation, "Allocated"), (.free, "Freed")] {
            let track = track(event, object, geometry)
            if track.caller == 0 || isHalted { continue }
            let task = Int32(bitPattern: track.task)
            printk(
                "\(verb) in \(callerText(track)) age=\(control.pointee.step &- track.step) "
                    + "cpu=\(track.cpu) pid=\(task)")
        }
    }

    /// Sixteen bytes a line, in hexadecimal and as text. `print_hex_dump`.
    func printSection(_ title: String, _ address: UInt64, _ count: UInt32) {
        let bytes = load(count, at: address)
        for start in stride(from: 0, to: bytes.count, by: 16) {
            let row = bytes[start..<min(start + 16, bytes.count)]
            var digits = row.map { hexDigits(UInt64($0), width: 2) }.joined(separator: " ")
            digits += String(repeating: " ", count: 49 - digits.utf8.count)
            let text = row.map { (0x20..<0x7f).contains($0) ? Character(UnicodeScalar($0)) : "." }
            printk(title + pointerDigits(address &+ UInt64(start)) + ": " + digits + String(text))
        }
    }

    /// `dump_stack`: who was running, and the functions that led here, innermost first.
    private func printStack(_ functions: [String]) {
        printRunning(nil)
        printk("Call Trace:")
        for function in ["dump_stack_lvl", "dump_stack"] + functions { printk(" " + function) }
    }

    /// A pointer as `0x%px` prints it.
    func pointerText(_ value: UInt64) -> String { "0x" + pointerDigits(value) }
}
