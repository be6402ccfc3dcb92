extension Decision.Code {
    /// The sentence of such a decision, with the names of its numbers in braces.
    public var sentence: String { pageSentence ?? slabSentence ?? mappingSentence ?? rawValue }
}
