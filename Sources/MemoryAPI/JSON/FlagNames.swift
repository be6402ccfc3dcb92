import CSimdJSON

extension csj_value {
    /// The union of an array's elements, each of which is the name of a flag.
    ///
    /// - Parameters:
    ///   - pointer: where the array is in the body.
    ///   - wanted: what an element has to be.
    ///   - flags: reads a name; it gets the element's place, too.
    func union<Flags: OptionSet>(
        at pointer: String, wanted: String,
        _ flags: (UnsafeRawBufferPointer, String) throws(Problem) -> Flags
    ) throws(Problem) -> Flags where Flags.Element == Flags {
        var cursor = withUnsafePointer(to: self) { csj_elements($0) }
        var element = csj_value()
        var union = Flags()
        var index = 0
        while csj_next_element(&cursor, &element) {
            let place = "\(pointer)/\(index)"
            guard element.kind == CSJ_STRING else {
                throw element.problem(at: place, wanted: wanted)
            }
            union.formUnion(try flags(element.bytes, place))
            index += 1
        }
        return union
    }
}
