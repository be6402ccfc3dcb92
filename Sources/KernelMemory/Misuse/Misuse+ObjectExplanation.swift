/// Explanations of what went wrong with objects of slabs and with bytes in memory.
extension Misuse {
    var objectExplanation: String {
        switch code {
        case .objectFreedTwice: freedTwiceText
        case .freeInsideObject: freeInsideText
        case .kfreeOfPages: kfreeOfPagesText
        case .wrongCache: wrongCacheText
        case .objectHandedOutTwice:
            "\(objectText) was handed out again although nobody had given it back. Two owners "
                + "now write to the same memory, each believing it is alone: what an earlier "
                + "wrong free or a write over a free pointer leads to."
        case .strayObject: strayText
        case .resizedAfterFree:
            "\(objectText) was resized although nobody owns it. It has the room, so that the kernel "
                + "returns the same pointer: its next owner shares the memory."
        case .destroyedCacheInUse: destroyedText
        case .writePastEnd, .writeBeforeStart, .writeIntoSlack, .writeAfterFree, .writeToUnowned:
            writeExplanation
        default: ""
        }
    }

    private var freedTwiceText: String {
        let first = "\(objectText) was freed again. "
        if noticedByKernel {
            return first + "This time the kernel noticed and did not free it: see its log. But "
                + "the pointer to the next free object was cut before the check, so that the "
                + "free objects behind it are lost and an allocation that reaches the end faults."
        }
        if isOfClassicSlab {
            return first + "It stands in the array of free objects twice: two callers get the same "
                + "memory."
        }
        return first + "It is on the free list twice: the next callers all get the same memory."
    }

    private var strayText: String {
        let reason =
            isOfClassicSlab
            ? "the array of free objects holds that address since somebody freed it."
            : "the free list leads there since somebody freed that address or wrote over a free "
                + "pointer."
        return "The allocation from \(cacheText) returned \(addressText), where no object starts: "
            + reason + " Whatever is written there now overwrites something else."
    }

    private var freeInsideText: String {
        let place = object.map { " lies \(distance(from: $0)) \(name(of: $0))" } ?? " is no object"
        let first = "The freed address \(addressText)\(place). "
        if noticedByKernel {
            return first + "This time the kernel noticed and freed nothing: see its log."
        }
        return first + "The kernel takes it as it is: a later caller gets memory that overlaps "
            + "its neighbours."
    }

    private var kfreeOfPagesText: String {
        "\(addressText) is in the block that was allocated at step \(allocatedAtStep ?? 0), not "
            + "the start of something that kmalloc gave. Pages belong to free_pages or "
            + "__free_pages; kfree takes what is no compound page for a single one, so that the "
            + "rest of a larger block is lost."
    }

    private var wrongCacheText: String {
        guard object != nil else {
            let place = allocatedAtStep.map { ", but in the block that step \($0) allocated" } ?? ""
            return "\(addressText) was given back to \(cacheText), but it is in no slab at all"
                + "\(place)."
        }
        let first = "\(objectText) was given back to \(cacheText). "
        if noticedByKernel {
            return first + "This time the kernel noticed and freed it to the cache that it is "
                + "from: see its log."
        }
        if isOfClassicSlab {
            return first + "The kernel believes its caller: it puts it into that cache's array and "
                + "hands it out as one of that cache's objects, whatever its size."
        }
        return first + "The kernel believes its caller: it writes the free pointer where that "
            + "cache has it, and may put the slab on that cache's lists."
    }

    private var destroyedText: String {
        let count = objectCount ?? 0
        let left = count == 1 ? "one object" : "\(count) objects"
        let first = count == 1 ? "" : "the first of them "
        let example = object.map { _ in ", \(first)\(objectName)" } ?? ""
        return "\(cacheText.uppercasedFirst) was destroyed with \(left) in use\(example). It is "
            + "not removed, and the memory that it holds is lost: nobody can allocate from it by "
            + "its name or destroy it again. Free every object first."
    }
}

// MARK: - Writes

extension Misuse {
    private var writeExplanation: String {
        switch code {
        case .writePastEnd:
            guard let object else {
                if pfn == nil { return guardPageText }
                return "Bytes were written from \(addressText) on, behind the end of the block "
                    + "that was allocated at step \(allocatedAtStep ?? 0). Whoever owns the "
                    + "pages behind it finds them changed."
            }
            return "Bytes were written from \(addressText) on, \(distance(from: object)) "
                + "\(name(of: object)), behind its end. \(neighbourText)"
        case .writeBeforeStart:
            return "Bytes were written from \(addressText) on, before the start of \(objectName). "
                + neighbourText
        case .writeIntoSlack:
            let asked = object?.requestedInBytes.map { "the \($0) bytes that" } ?? "what"
            return "Bytes were written from \(addressText) on, behind \(asked) step "
                + "\(allocatedAtStep ?? 0) asked for. They fall into the rounding and hurt "
                + "nobody today; the next smaller size class or another allocator would have a "
                + "neighbour there."
        case .writeAfterFree:
            return writeAfterFreeText
        default:
            let whose = object.map { $0.isKernels ? ", \(name(of: $0))" : "" } ?? ""
            return "Bytes were written from \(addressText) on\(whose), which no caller owns. The "
                + "CPU does not ask: whoever gets or uses this memory finds it changed."
        }
    }

    private var writeAfterFreeText: String {
        guard let object else {
            return "\(frameText) was written at \(addressText) after it was freed at step "
                + "\(freedAtStep ?? 0). Its next owner finds bytes that he never wrote, or loses "
                + "his own."
        }
        let first =
            "Bytes were written from \(addressText) on, \(distance(from: object)) "
            + "\(name(of: object)). Its next owner finds them changed"
        if isOfClassicSlab { return first + "." }
        return first + "; if they cover the pointer to the next free object, the allocation after "
            + "the next one follows them wherever they lead. A debugging kernel finds the poison "
            + "overwritten when the object is next allocated."
    }

    private var neighbourText: String {
        if isOfClassicSlab {
            return "The kernel notices nothing, and the neighbour is damaged, or the slab's own "
                + "list of free objects."
        }
        return "A plain kernel notices nothing and the neighbour is damaged, or the pointer to the "
            + "next free object; a debugging one finds its red zone overwritten when the object is "
            + "freed."
    }
}

// MARK: - Names of things

extension Misuse {
    private var addressText: String { address.map { "\($0)" } ?? "the address" }
    private var cacheText: String { cache.map { "the cache \($0)" } ?? "the cache" }
    private var objectName: String { object.map(name) ?? "the object" }
    private var objectText: String { objectName.uppercasedFirst }

    /// `the object 0xc1000000 of kmalloc-64 (allocated at step 1 for 60 bytes, freed at step 2)`.
    private func name(of object: Object) -> String {
        var history: [String] = []
        if object.isKernels {
            history.append("the kernel's own")
        } else if let step = allocatedAtStep {
            let asked = object.requestedInBytes.map { " for \($0) bytes" } ?? ""
            history.append("allocated at step \(step)\(asked)")
        } else {
            history.append("never allocated")
        }
        if let step = freedAtStep { history.append("freed at step \(step)") }
        return "the object \(object.address) of \(object.cache) "
            + "(\(history.joined(separator: ", ")))"
    }

    private func distance(from object: Object) -> String {
        guard let address else { return "in" }
        let bytes = Int64(bitPattern: address.rawValue &- object.address.rawValue)
        if bytes == 0 { return "at the start of" }
        return bytes > 0 ? "\(bytes) bytes after the start of" : "\(-bytes) bytes before"
    }
}

extension String {
    fileprivate var uppercasedFirst: String { prefix(1).uppercased() + dropFirst() }
}
