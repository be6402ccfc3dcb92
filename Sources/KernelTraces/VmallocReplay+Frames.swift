import KernelMemory

/// The frames behind areas, and the entries of page tables that name them.
extension VmallocReplay {
    /// Compares what a call did to frames and page tables.
    mutating func frameDifference(
        _ request: KernelCall, _ call: VmallocCall, _ line: Int
    ) -> String? {
        guard call.function.allocates, call.address != 0 else {
            exact.calls.append(request)
            for pfn in framesByArea.removeValue(forKey: call.address) ?? [] { owners[pfn] = nil }
            return walkDifference(call, [], line)
        }
        var frames = machine.frames(behind: call)
        if frames.count != call.pfns.count {
            return "pages behind it, model \(frames.count), kernel \(call.pfns.count)"
        }
        if call.function == .vmap {
            exact.calls.append(request)
            return frames == call.pfns
                ? walkDifference(call, frames, line)
                : "frames behind it, model \(frames), kernel \(call.pfns)"
        }
        if let wrong = own(call) { return wrong }
        if frames != call.pfns, naming.isIdentity, findOtherTask(request, call) {
            frames = call.pfns
        }
        exactness.add(pages: frames.count, isExact: frames == call.pfns)
        if frames != call.pfns { diverge(line, "pfns, " + Self.excerpt(frames, call.pfns)) }
        return note(request, walkDifference(call, frames, line))
    }

    /// Remembers a machine whose frames are all exact, or the call that led away from it.
    private mutating func note(_ request: KernelCall, _ difference: String?) -> String? {
        if naming.isIdentity {
            exact = (machine, [])
        } else {
            exact.calls.removeAll()
        }
        return difference
    }

    /// Notes whose the kernel's frames are now, and refuses what no kernel does.
    private mutating func own(_ call: VmallocCall) -> String? {
        for (page, pfn) in call.pfns.enumerated() {
            let wrong: String? =
                if let owner = owners.updateValue(call.address, forKey: pfn) {
                    "is behind \(VirtualAddress(owner)) already"
                } else if mappedFrames.contains(pfn) {
                    "is one of vpages"
                } else if !usableFrames.contains(pfn) {
                    "is no memory, or reserved"
                } else {
                    nil
                }
            if let wrong { return "pfn of page \(page): kernel \(pfn), which \(wrong)" }
        }
        framesByArea[call.address] = call.pfns
        return nil
    }

    private mutating func walkDifference(
        _ call: VmallocCall, _ frames: [UInt32], _ line: Int
    ) -> String? {
        for (index, (name, kernel)) in call.walks.enumerated() {
            let pages = [0, max(1, frames.count) - 1, frames.count][index]
            let wanted = call.address &+ UInt64(pages * Page.sizeInBytes)
            if kernel.address != wanted {
                return "va of \(name), model \(VirtualAddress(wanted)), kernel "
                    + "\(VirtualAddress(kernel.address))"
            }
            let place = index == 1 ? frames.count - 1 : 0
            let page = index < 2 && !frames.isEmpty ? (frames[place], call.pfns[place]) : nil
            let model = RecordedWalk(kernel.address, in: machine)
            guard let level = naming.firstDifference(model, kernel, page: page) else { continue }
            let text = Self.text(level, name, model, kernel)
            guard naming.isIdentity, level < 3 else { return text }
            // Another frame was free when the table was made, and that may be another task's doing.
            diverge(line, text)
            if let level = naming.firstDifference(model, kernel, page: page) {
                return Self.text(level, name, model, kernel)
            }
        }
        return nil
    }

    private static func text(
        _ level: Int, _ name: StaticString, _ model: RecordedWalk, _ kernel: RecordedWalk
    ) -> String {
        let entry: (RecordedWalk) -> String = { "0x" + String($0.entries[level], radix: 16) }
        return "\(["pgd", "pud", "pmd", "pte"][level]) of \(name), model \(entry(model)), kernel "
            + entry(kernel)
    }
}

// MARK: - Other tasks

extension VmallocReplay {
    /// Looks for what another task did since the last call whose pages were exact.
    private mutating func findOtherTask(_ request: KernelCall, _ call: VmallocCall) -> Bool {
        let steps = exact.calls
        for index in (0...steps.count).reversed().prefix(12) {
            var start = exact.machine
            for step in steps[..<index] { _ = start.apply(step) }
            for deed in OtherTasks.deeds(call.pfns, before: start) {
                var other = start
                guard other.perform(deed) else { continue }
                for step in steps[index...] + [request] { _ = other.apply(step) }
                guard other.frames(behind: call) == call.pfns,
                    other.vmapRecording.firstDifference(from: machine.vmapRecording) == nil
                else { continue }
                machine = other
                exactness.otherTasks.append("before call \(calls - steps.count + index): \(deed)")
                return true
            }
        }
        return false
    }

    private mutating func diverge(_ line: Int, _ summary: String) {
        guard naming.isIdentity else { return }
        naming.diverge()
        divergence = (line, "call \(calls): \(summary)")
        exactness.divergence = divergence?.summary
    }

    /// Whether a later dump shows that the model's frames never were others than the kernel's.
    func isRefuted(by record: VmallocTrace.Record) -> Bool {
        guard case .pages(_, let pages) = record else { return false }
        return machine.firstDifference(from: pages) == nil
    }

    private static func excerpt(_ model: [UInt32], _ kernel: [UInt32]) -> String {
        let at = zip(model, kernel).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
        return "page \(at), model \(model.dropFirst(at).prefix(4)), kernel "
            + "\(kernel.dropFirst(at).prefix(4))"
    }
}

extension Machine {
    fileprivate func frames(behind call: VmallocCall) -> [UInt32] {
        vmallocFrames(at: VirtualAddress(call.address)).map(\.rawValue)
    }
}
