import KernelMemory

/// A machine with the calls that it ran, as a student reads them and as `POST /calls` takes them.
///
///     var script = ExerciseScript(.classroom, machines)
///     script.run("__get_free_pages(GFP_KERNEL, 2)", as: "a")
///     script.beginCalls()
///     script.run("free_pages($a, 2)")
struct ExerciseScript {
    /// One call, made once or several times.
    struct Line {
        /// What its result is called; `nil` if nobody needs it.
        let name: String?
        /// The call with `$` before names of earlier results.
        let text: String
        /// How often it is made.
        let count: Int
        /// The step of the last of them.
        let step: UInt32
        /// What it returned.
        let outcome: Outcome
        /// What the kernel decided; nothing of what was made before ``ExerciseScript/beginCalls()``.
        let why: Explanation
    }

    /// Which machine it is.
    let kind: ExerciseMachines.Kind
    /// The machine after all calls so far.
    private(set) var machine: Machine
    /// The calls, in order.
    private(set) var lines: [Line] = []
    /// How many of them came before those that the problem is about.
    private(set) var setupCount: Int?
    private var results: [String: UInt64] = [:]

    init(_ kind: ExerciseMachines.Kind, _ machines: ExerciseMachines) {
        self.kind = kind
        machine = machines.boot(kind)
    }

    /// Says that the calls that the problem is about begin.
    mutating func beginCalls() { setupCount = lines.count }

    /// Runs a call.
    ///
    /// - Parameters:
    ///   - text: as in C, with `$` before the name of an earlier result, which `+N` may follow.
    ///   - name: what its result is called.
    ///   - times: how often, 1 or more.
    /// - Returns: what the kernel returned the last time.
    @discardableResult
    mutating func run(_ text: String, as name: String? = nil, times: Int = 1) -> Line {
        let call = call(text)
        var outcome = Outcome(.void)
        var why = Explanation()
        for time in 1...times {
            if time == 1, setupCount != nil {
                (outcome, why) = machine.explain(call)
            } else {
                outcome = machine.apply(call)
            }
        }
        let line = Line(
            name: name, text: text, count: times, step: machine.step, outcome: outcome, why: why)
        lines.append(line)
        if let name { results[name] = outcome.value }
        return line
    }

    /// What a name stands for: an address, or that of a `struct page`; 0 for NULL.
    subscript(name: String) -> UInt64 { results[name] ?? 0 }

    /// The first frame of what a name stands for; `nil` if it is no page of its own.
    func frame(_ name: String) -> Int? {
        let value = self[name]
        let frame =
            machine.frame(of: PagePointer(value)) ?? machine.frame(at: VirtualAddress(value))
        return frame.map { Int($0.rawValue) }
    }

    private func call(_ text: String) -> KernelCall {
        do throws(CallSyntaxError) { return try KernelCall(parsing: resolved(text)) } catch {
            preconditionFailure("a topic's call is wrong: \(text): \(error)")
        }
    }

    /// The call with addresses in place of names.
    private func resolved(_ text: String) -> String {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        return parts.dropFirst().reduce(into: String(parts[0])) { resolved, part in
            let name = part.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            var rest = part.dropFirst(name.count)
            var value = self[String(name)]
            if rest.first == "+" {
                let digits = rest.dropFirst().prefix { $0.isNumber }
                value &+= UInt64(digits) ?? 0
                rest = rest.dropFirst(1 + digits.count)
            }
            resolved += "\(VirtualAddress(value))\(rest)"
        }
    }
}

extension ExerciseScript {
    /// The calls before those that the problem is about.
    var setup: ArraySlice<Line> { lines[..<(setupCount ?? 0)] }
    /// The calls that the problem is about.
    var calls: ArraySlice<Line> { lines[(setupCount ?? 0)...] }
    /// What the kernel decided in the calls that the problem is about.
    var decisions: [Decision] { calls.flatMap(\.why.decisions) }
}

extension ExerciseScript.Line {
    /// The call as C source has it.
    var source: String {
        let call = text.split(separator: "$", omittingEmptySubsequences: false).joined()
        return (name.map { "\($0) = " } ?? "") + call + ";"
            + (count > 1 ? "  /* \(count) times */" : "")
    }
}

extension Outcome {
    /// What the kernel returned as a number; 0 for nothing and for NULL.
    fileprivate var value: UInt64 {
        switch returned {
        case .page(let page): page.rawValue
        case .address(let address): address.rawValue
        case .number(let number): number
        case .void, .null, .halted, .blocked: 0
        }
    }
}
