extension String {
    /// The text with blanks in front of it. `%*s`.
    func padded(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - utf8.count)) + self
    }

    /// The text with blanks behind it. `%-*s`.
    func filled(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - utf8.count))
    }
}
