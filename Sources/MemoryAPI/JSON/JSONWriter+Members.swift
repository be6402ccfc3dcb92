import MicroHTTPD

/// A member in one call: its name and its value.
extension JSONWriter {
    /// Writes a member that is a whole number.
    @inline(__always)
    mutating func member(_ name: StaticString, _ value: some FixedWidthInteger) {
        key(name)
        number(value)
    }

    /// Writes a member that is a whole number or `null`.
    mutating func member(_ name: StaticString, orNull value: (some FixedWidthInteger)?) {
        key(name)
        if let value { number(value) } else { null() }
    }

    /// Writes a member that is a string.
    mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        text(value)
    }

    /// Writes a member that is a string or `null`.
    mutating func member(_ name: StaticString, orNull value: String?) {
        key(name)
        if let value { text(value) } else { null() }
    }

    /// Writes a member that is a literal.
    @inline(__always)
    mutating func member(_ name: StaticString, literal value: StaticString) {
        key(name)
        literal(value)
    }

    /// Writes a member that is `true` or `false`.
    mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        boolean(value)
    }

    /// Writes a member that is an address.
    @inline(__always)
    mutating func member(_ name: StaticString, address value: UInt64) {
        key(name)
        address(value)
    }

    /// Writes a member that is an address or `null`.
    mutating func member(_ name: StaticString, addressOrNull value: UInt64?) {
        key(name)
        if let value { address(value) } else { null() }
    }

    /// Writes a member that is `null`.
    @inline(__always)
    mutating func memberNull(_ name: StaticString) {
        key(name)
        null()
    }

    /// Writes a member that is an object.
    @inline(__always)
    mutating func object<Failure>(
        _ name: StaticString, _ members: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        key(name)
        try object(members)
    }

    /// Writes a member that is an array.
    @inline(__always)
    mutating func array<Failure>(
        _ name: StaticString, _ elements: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        key(name)
        try array(elements)
    }
}

extension Response {
    /// Writes the body as JSON; when the closure throws, there is no body.
    ///
    /// - Parameter size: about how many bytes it will be.
    @inline(__always)
    mutating func json<Failure>(
        expecting size: Int = JSONWriter.usualSize,
        _ write: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        var taken = OutputBuffer()
        swap(&taken, &body)
        var writer = JSONWriter(taken, expecting: size)
        try write(&writer)
        body = writer.finish()
    }
}
