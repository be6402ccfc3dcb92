/// The candidates that a misspelt word may have meant, nearest first, at most three.
///
/// Nearness is the number of letters to add, drop, change or swap with their neighbour; letter
/// case and leading underscores weigh little. Candidates that differ in more than two fifths of
/// their letters, or clearly more than the nearest one, are left out.
///
/// - Complexity: O(candidates x length squared); meant for error messages.
public func nearest(to word: String, among candidates: [String]) -> [String] {
    let wanted = spellingKey(word)
    guard wanted.count <= 64 else { return [] }
    let scored = candidates.map { name in
        (
            name: name, distance: editDistance(wanted, spellingKey(name)),
            growth: abs(word.utf8.count - name.utf8.count)
        )
    }
    let limit = min(
        max(wanted.count, 3) * 2 / 5, (scored.map(\.distance).min() ?? 0) + 1)
    return
        scored
        .filter { $0.distance <= limit }
        .sorted { ($0.distance, $0.growth, $0.name) < ($1.distance, $1.growth, $1.name) }
        .prefix(3).map(\.name)
}

private func spellingKey(_ word: String) -> [UInt8] {
    Array(word.lowercased().drop { $0 == "_" }.utf8)
}

/// How many single-letter edits lead from one word to the other, a swap of neighbours being one.
func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for i in first.indices {
        var row = [i + 1]
        for j in second.indices {
            let cost = first[i] == second[j] ? 0 : 1
            var best = min(last[j + 1] + 1, row[j] + 1, last[j] + cost)
            if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
                best = min(best, beforeLast[j - 1] + 1)
            }
            row.append(best)
        }
        (beforeLast, last) = (last, row)
    }
    return last[second.count]
}

extension StringProtocol {
    /// The text without spaces and tabs at its ends.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}

extension UInt64 {
    /// Reads a number as C writes it: decimal, or hexadecimal after `0x`, with a `UL` suffix or
    /// without. `nil` for anything else, and for numbers beyond 64 bits.
    public init?(cLiteral text: some StringProtocol) {
        var digits = text.lowercased()[...]
        while digits.count > 1, let last = digits.last, last == "u" || last == "l" {
            digits = digits.dropLast()
        }
        let isHexadecimal = digits.hasPrefix("0x")
        if isHexadecimal { digits = digits.dropFirst(2) }
        guard let first = digits.first, first != "+", first != "-" else { return nil }
        self.init(digits, radix: isHexadecimal ? 16 : 10)
    }
}
