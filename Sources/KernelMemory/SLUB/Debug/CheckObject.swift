/// The checks of slabs and objects that `slub_debug=FZ` asks for.
extension Core {
    /// Whether a pointer is to an object of a slab; NULL counts as one. `check_valid_pointer`.
    func isValidPointer(_ object: UInt64, _ cache: UInt32, _ number: UInt32) -> Bool {
        if object == 0 { return true }
        let slab = readSlab(number).pointee
        let geometry = readCache(cache).pointee.geometry
        let (start, base) = (directAddress(slab.pfn), object &- UInt64(geometry.redLeftPad))
        guard base >= start else { return false }
        let offset = base - start
        return offset < UInt64(slab.objects) * UInt64(geometry.size)
            && offset % UInt64(geometry.size) == 0
    }

    /// Whether a slab itself is sound. `check_slab`.
    func checkSlab(_ cache: UInt32, _ number: UInt32, from functions: [String]) -> Bool {
        let slab = readSlab(number).pointee
        let trace = ["check_slab"] + functions
        if !frames.readable(slab.pfn).pointee.has(Frame.slab) {
            reportSlab(cache, number, "Not a valid slab page", from: trace)
            return false
        }
        let most = CacheGeometry.objects(
            UInt32(slab.order), readCache(cache).pointee.geometry.size)
        if UInt32(slab.objects) > most {
            reportSlab(cache, number, "objects \(slab.objects) > max \(most)", from: trace)
            return false
        }
        if slab.inuse > slab.objects {
            reportSlab(
                cache, number, "inuse \(slab.inuse) > max \(slab.objects)", from: trace)
            return false
        }
        if slab.isFrozen {
            reportSlab(
                cache, number, "Slab disabled since SLUB metadata consistency check failed",
                from: trace)
            return false
        }
        checkSlabPadding(cache, number, from: trace)
        return !isHalted
    }

    /// The bytes behind the last object. `slab_pad_check`.
    private func checkSlabPadding(_ cache: UInt32, _ number: UInt32, from functions: [String]) {
        let geometry = readCache(cache).pointee.geometry
        let slab = readSlab(number).pointee
        let length: UInt32 = 4096 << UInt32(slab.order)
        let count = length % geometry.size
        guard geometry.flags.contains(.poison), count != 0 else { return }
        let start = directAddress(slab.pfn)
        let padding = start + UInt64(length - count)
        guard let damage = damage(padding, PoisonByte.inUse, count) else { return }
        reportSlab(
            cache, number,
            "Padding overwritten. \(pointerText(damage.lowerBound))-"
                + "\(pointerText(damage.upperBound - 1)) @offset=\(damage.lowerBound - start)",
            from: ["slab_pad_check"] + functions)
        printSection("Padding ", padding, count)
        restore(cache, "slab padding", PoisonByte.inUse, damage)
    }

    /// Whether an object's red zones, poison, padding and free pointer are as they should be.
    ///
    /// What is not is reported and put right.
    ///
    /// - Parameter value: what the red zones should hold.
    ///
    /// The corresponding kernel function is `check_object` (mm/slub.c, 6.1).
    func checkObject(
        _ cache: UInt32, _ number: UInt32, _ object: UInt64, _ value: UInt8,
        from functions: [String]
    ) -> Bool {
        let owner = slubCache(cache)
        let geometry = owner.pointee.geometry
        let trace = ["check_object"] + functions
        func isFull(_ what: String, _ start: UInt64, _ byte: UInt8, _ count: UInt32) -> Bool {
            checkBytes(cache, number, object, what, start, byte, count, from: trace)
        }
        let size = geometry.objectSize
        let end = object + UInt64(size)
        if geometry.flags.contains(.redZone) {
            let left = object - UInt64(geometry.redLeftPad)
            if !isFull("Left Redzone", left, value, geometry.redLeftPad)
                || !isFull("Right Redzone", end, value, geometry.inuse - size)
            {
                return false
            }
        } else if geometry.flags.contains(.poison), size < geometry.inuse {
            _ = isFull("Alignment padding", end, PoisonByte.inUse, geometry.inuse - size)
        }
        if geometry.flags.contains(.poison) {
            if value != PoisonByte.redActive, geometry.flags.contains(.poisonsObjects),
                !isFull("Poison", object, PoisonByte.free, size - 1)
                    || !isFull("End Poison", end - 1, PoisonByte.end, 1)
            {
                return false
            }
            let padding = geometry.paddingOffset(shape.architecture)
            if padding < geometry.sizeFromObject {
                _ = isFull(
                    "Object padding", object + UInt64(padding), PoisonByte.inUse,
                    geometry.sizeFromObject - padding)
            }
        }
        if !geometry.hasOutsideFreePointer, value == PoisonByte.redActive { return true }
        if isValidPointer(freePointer(of: object, owner), cache, number) { return true }
        reportObject(cache, number, object, "Freepointer corrupt", from: trace)
        setFreePointer(of: object, to: 0, owner)
        return false
    }

    /// Whether bytes all have one value; those that have not are reported and restored.
    ///
    /// The corresponding kernel function is `check_bytes_and_report` (mm/slub.c, 6.1).
    private func checkBytes(
        _ cache: UInt32, _ number: UInt32, _ object: UInt64, _ what: String, _ start: UInt64,
        _ value: UInt8, _ count: UInt32, from functions: [String]
    ) -> Bool {
        guard let damage = damage(start, value, count) else { return true }
        let slabStart = directAddress(readSlab(number).pointee.pfn)
        let first = load(1, at: damage.lowerBound)[0]
        beginSlabReport(cache, what + " overwritten")
        printk(
            "\(pointerText(damage.lowerBound))-\(pointerText(damage.upperBound - 1)) "
                + "@offset=\(damage.lowerBound - slabStart). First byte "
                + "\(hexadecimal(UInt64(first))) instead of \(hexadecimal(UInt64(value)))")
        printTrailer(cache, number, object, from: ["check_bytes_and_report"] + functions)
        taintByBadPage()
        restore(cache, what, value, damage)
        return false
    }

    /// From the first to the last byte that has another value; `nil` if all have it.
    private func damage(_ start: UInt64, _ value: UInt8, _ count: UInt32) -> Range<UInt64>? {
        let bytes = load(count, at: start)
        guard let first = bytes.firstIndex(where: { $0 != value }),
            let last = bytes.lastIndex(where: { $0 != value })
        else { return nil }
        return (start + UInt64(first))..<(start + UInt64(last + 1))
    }

    private func restore(_ cache: UInt32, _ what: String, _ value: UInt8, _ range: Range<UInt64>) {
        reportFix(
            cache,
            "Restoring \(what) \(pointerText(range.lowerBound))-"
                + "\(pointerText(range.upperBound - 1))=\(hexadecimal(UInt64(value)))")
        fill(value, count: UInt32(range.count), at: range.lowerBound)
    }
}

// MARK: - The list of free objects

extension Core {
    /// Whether an object is on its slab's list of free ones; the list is put right on the way.
    ///
    /// The corresponding kernel function is `on_freelist` (mm/slub.c, 6.1).
    func isOnFreeList(
        _ cache: UInt32, _ number: UInt32, _ object: UInt64, from functions: [String]
    ) -> Bool {
        let owner = slubCache(cache)
        let slab = slab(number)
        let trace = ["on_freelist"] + functions
        var count: UInt16 = 0
        var last: UInt64 = 0
        var next = slabHead(number)
        while next != 0, count <= slab.pointee.objects, !isHalted {
            if next == object { return true }
            if !isValidPointer(next, cache, number) {
                if last == 0 {
                    reportSlab(cache, number, "Freepointer corrupt", from: trace)
                    setSlabHead(number, 0)
                    slab.pointee.inuse = slab.pointee.objects
                    reportFix(cache, "Freelist cleared")
                    return false
                }
                reportObject(cache, number, last, "Freechain corrupt", from: trace)
                setFreePointer(of: last, to: 0, owner)
                break
            }
            last = next
            next = freePointer(of: last, owner)
            count += 1
        }
        let counted = Int(slab.pointee.objects) - Int(count)
        if Int(slab.pointee.inuse) != counted, !isHalted {
            reportSlab(
                cache, number,
                "Wrong object count. Counter is \(slab.pointee.inuse) but counted were \(counted)",
                from: trace)
            slab.pointee.inuse = UInt16(truncatingIfNeeded: counted)
            reportFix(cache, "Object count adjusted")
        }
        return false
    }
}
