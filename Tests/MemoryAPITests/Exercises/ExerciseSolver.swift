@testable import MemoryAPI

/// Solves problems from what a student sees of them, by rules of its own: it has no machine.
struct ExerciseSolver {
    typealias Answers = [String: AnswerValue]

    let prompt: String
    let views: [Exercise.View]
    /// The calls as C source, those that are repeated once.
    let calls: [String]
    let isClassic: Bool
    private let questions: [String: String]

    init(_ posed: PosedExercise) {
        prompt = posed.exercise.prompt
        views = posed.exercise.views
        calls = posed.exercise.script.calls.map(\.source)
        isClassic = posed.exercise.script.kind == .classicClassroom
        questions = Dictionary(
            uniqueKeysWithValues: posed.exercise.parts.map { ("\($0.field)", $0.question) })
    }

    func answers(_ topic: String) -> Answers {
        switch topic {
        case "power-of-two": powerOfTwo
        case "free-lists": freeLists
        case "merge": merge
        case "wrong-free": wrongFree
        case "zone-choice": zoneChoice
        case "size-class": sizeClass
        case "double-free": doubleFree
        case "translation": translation
        case "leaks": leaks
        default: maySleep
        }
    }

    /// The first number of a question.
    func question(_ field: String) -> Int {
        questions[field].flatMap { Self.numbers($0).first } ?? -1
    }

    /// The whole numbers of a text, hexadecimal ones included.
    static func numbers(_ text: String) -> [Int] {
        text.split { !$0.isHexDigit && $0 != "x" }.compactMap { word in
            word.hasPrefix("0x")
                ? UInt64(word.dropFirst(2), radix: 16).map { Int(truncatingIfNeeded: $0) }
                : Int(word)
        }
    }

    /// A call as its name, its result's name and its arguments.
    static func parts(_ call: String) -> (name: String?, function: String, arguments: [String]) {
        let sides = call.split(separator: " = ")
        let text = sides.count > 1 ? sides[1] : sides[0]
        let open = text.firstIndex(of: "(") ?? text.endIndex
        let close = text.firstIndex(of: ")") ?? text.endIndex
        let inner = text[open..<close].dropFirst()
        return (
            sides.count > 1 ? String(sides[0]) : nil, String(text[..<open]),
            inner.split(separator: ",").map { $0.filter { $0 != " " } }
        )
    }
}

extension ExerciseSolver {
    private func number(_ value: Int) -> AnswerValue { .number(UInt64(value)) }

    var powerOfTwo: Answers {
        let given = Self.numbers(prompt.filter { $0 != "," })
        let bytes =
            prompt.contains("header") ? given[0] + given[1] * given[2] : given[0]
        let pages = bytes / 4_096 + (bytes % 4_096 > 0 ? 1 : 0)
        var order = 0
        while 1 << order < pages { order += 1 }
        return [
            "pages_needed": number(pages), "order": number(order),
            "pages_given": number(1 << order),
            "wasted_bytes": number((1 << order) * 4_096 - bytes),
            "area_bytes": number((pages + 1) * 4_096), "pages_saved": number((1 << order) - pages),
        ]
    }

    var sizeClass: Answers {
        let call = Self.parts(calls[0])
        let size = Int(call.arguments[0]) ?? 0
        let count =
            Self.numbers(calls[0]).last.flatMap { calls[0].contains("times") ? $0 : nil } ?? 1
        let mask = call.arguments[1]
        let prefix =
            mask.contains("GFP_DMA")
            ? "dma-kmalloc-" : mask.contains("RECLAIMABLE") ? "kmalloc-rcl-" : "kmalloc-"
        let sizes = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1_024, 2_048, 4_096, 8_192]
        guard let fit = sizes.first(where: { $0 >= max(size, isClassic ? 32 : 8) }) else {
            var pages = 1
            while pages * 4_096 < size { pages *= 2 }
            return [
                "cache": .word("none"), "bytes_alloc": number(pages * 4_096),
                "waste_bytes": number(pages * 4_096 - size),
            ]
        }
        let name = prefix + (fit < 1_024 ? "\(fit)" : "\(fit / 1_024)k")
        let row = views.first?.lines.first { $0.hasPrefix(name + " ") }.map {
            $0.split(separator: " ").compactMap { Int($0) }
        }
        let slabs = row.map { (count + $0[1] - 1) / $0[1] } ?? 0
        return [
            "cache": .word(name), "bytes_alloc": number(fit), "waste_bytes": number(fit - size),
            "slabs": number(slabs), "slab_pages": number(slabs * (row?[2] ?? 0)),
        ]
    }

    var translation: Answers {
        let shown = Self.numbers(prompt)
        let address = UInt64(bitPattern: Int64(shown[shown.count - 1]))
        var answers: Answers = ["page_offset": .number(address % 4_096)]
        if views.isEmpty {
            let physical = address - 0xc000_0000
            answers["pgd_index"] = .number(address / 4_194_304)
            answers["pfn"] = .number(physical / 4_096)
            answers["physical_address"] = .address(physical)
            return answers
        }
        let entries = UInt64(views.count == 2 ? 1_024 : 512)
        var span: UInt64 = 4_096
        for _ in views.dropFirst() { span *= entries }
        var entry: UInt64 = 0
        let fields =
            views.count == 2
            ? ["pgd_index", "pte_index"] : ["pgd_index", "pud_index", "pmd_index", "pte_index"]
        for (view, field) in zip(views, fields) {
            let index = address / span % entries
            answers[field] = .number(index)
            let row = view.lines.map(Self.numbers).first { $0.first == Int(index) }
            entry = UInt64(bitPattern: Int64(row?[1] ?? 0))
            span /= entries
        }
        let frame = (entry & 0x000f_ffff_ffff_ffff) / 4_096
        answers["pfn"] = .number(frame)
        answers["physical_address"] = .address(frame * 4_096 + address % 4_096)
        return answers
    }
}
