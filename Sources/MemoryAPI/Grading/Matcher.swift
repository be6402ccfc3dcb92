/// What a value must be.
struct Matcher: Sendable {
    /// How it is compared.
    enum Relation: Int, CaseIterable, Sendable {
        case equals, notEquals, atLeast, atMost, above, below, contains, length, exists
    }

    let relation: Relation
    /// What it is compared with; a text such as `$p+8` is what the call named p returned.
    let expected: JSONValue
}

extension Matcher.Relation {
    /// The member's name.
    var name: String {
        switch self {
        case .equals: "equals"
        case .notEquals: "not_equals"
        case .atLeast: "at_least"
        case .atMost: "at_most"
        case .above: "above"
        case .below: "below"
        case .contains: "contains"
        case .length: "length"
        case .exists: "exists"
        }
    }

    /// What stands behind "must be", or "must", in a message.
    private var words: String {
        switch self {
        case .equals: "must be"
        case .notEquals: "must not be"
        case .atLeast: "must be at least"
        case .atMost: "must be at most"
        case .above: "must be above"
        case .below: "must be below"
        case .contains: "must contain"
        case .length: "must have the length"
        case .exists: "must be there"
        }
    }

    /// Whether a value is as it must be.
    func holds(_ value: JSONValue, _ expected: JSONValue) -> Bool {
        switch self {
        case .equals: value.isSame(as: expected)
        case .notEquals: !value.isSame(as: expected)
        case .atLeast: value.order(to: expected).map { $0 >= 0 } ?? false
        case .atMost: value.order(to: expected).map { $0 <= 0 } ?? false
        case .above: value.order(to: expected) == 1
        case .below: value.order(to: expected) == -1
        case .contains: value.contains(expected)
        case .length:
            value.length.map { JSONValue.whole(UInt64($0)).isSame(as: expected) } ?? false
        case .exists: expected.isSame(as: .boolean(true))
        }
    }

    /// The demand in words: `must be at least 3`.
    func demand(_ expected: JSONValue) -> String {
        self == .exists ? "must not be there" : "\(words) \(expected.shown)"
    }
}
