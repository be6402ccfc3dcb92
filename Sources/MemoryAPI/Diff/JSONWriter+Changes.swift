import KernelMemory
import MicroHTTPD

/// Values before and after.
extension JSONWriter {
    /// Entries of each list of a diff.
    static let changeLimit = 1_000

    /// Writes a member of two numbers.
    mutating func change(
        _ name: StaticString, _ before: some FixedWidthInteger, _ after: some FixedWidthInteger
    ) {
        object(name) { json in
            json.member("before", before)
            json.member("after", after)
        }
    }

    /// Writes a member of two numbers, `null` for what is not there.
    mutating func change(
        _ name: StaticString, orNull before: (some FixedWidthInteger)?,
        _ after: (some FixedWidthInteger)?
    ) {
        object(name) { json in
            json.member("before", orNull: before)
            json.member("after", orNull: after)
        }
    }

    /// Writes the first entries of a list, each as an object, and whether there are more.
    mutating func bounded<Element>(
        _ name: StaticString, truncated: StaticString, _ elements: some Collection<Element>,
        _ members: (inout JSONWriter, Element) -> Void
    ) {
        array(name) { json in
            for element in elements.prefix(Self.changeLimit) {
                json.object { json in members(&json, element) }
            }
        }
        member(truncated, elements.count > Self.changeLimit)
    }

    /// Writes those members of an object that are others in a later one, with their values before and
    /// after.
    mutating func changedMembers(_ old: borrowing JSONTree, _ new: borrowing JSONTree) {
        let (before, after) = (old.children(of: 0), new.children(of: 0))
        for (place, member) in after.enumerated() {
            let name = new.name(of: member)
            guard let same = old.member(name, among: before, guess: place),
                !old.text(of: same).equals(new.text(of: member))
            else { continue }
            key(named: String(decoding: name, as: UTF8.self))
            raw("{\"before\":")
            raw(old.text(of: same))
            raw(",\"after\":")
            raw(new.text(of: member))
            raw("}")
            startOver(behindValue: true)
        }
    }
}
