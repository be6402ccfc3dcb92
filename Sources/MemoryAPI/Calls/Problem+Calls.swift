import KernelMemory

/// What the core says about texts that are no calls, for the client.
extension Problem {
    /// A gfp mask that could not be read.
    convenience init(_ error: GFPSyntaxError, at place: Fault.Place) {
        switch error {
        case .unknownFlag(let name, let suggestions):
            self.init(
                .unknownGFPFlag,
                "\(name.shortened) is no gfp flag" + Self.didYouMean(suggestions),
                suggestions: suggestions,
                faults: [.init(place: place, value: name.shortened, detail: "unknown gfp flag")])
        case .emptyTerm:
            self.init(
                .unknownGFPFlag, "A gfp mask has a name between any two bars; 0 is the empty mask.",
                faults: [.init(place: place, detail: "a name is missing")])
        }
    }

    /// A call as text that could not be read.
    convenience init(_ error: CallSyntaxError, at place: Fault.Place) {
        switch error {
        case .malformed:
            self.init(
                .invalidCall, "A call reads name(argument, ...), as in free_pages(0xc1f40000, 2).",
                faults: [.init(place: place, detail: "must be name(argument, ...)")])
        case .unknownFunction(let name, let suggestions):
            self.init(unknownFunction: name, suggestions: suggestions, at: place)
        case .argumentCount(let function, let expected, let given):
            let wanted = "\(function)(\(expected.joined(separator: ", ")))"
            self.init(
                .invalidCall, "The call is \(wanted); there are \(given) arguments.",
                faults: [.init(place: place, detail: "must be \(wanted)")])
        case .argument(let function, let parameter, let value, let wanted):
            self.init(
                .invalidCall,
                "\(parameter) of \(function) must be \(wanted), not \(value.shortened).",
                faults: [
                    .init(place: place, value: value.shortened, detail: "\(parameter): \(wanted)")
                ])
        case .gfp(let error): self.init(error, at: place)
        case .cacheFlag(let name, let suggestions):
            self.init(
                .unknownSlabFlag,
                "\(name.shortened) is no flag of a cache" + Self.didYouMean(suggestions),
                suggestions: suggestions,
                faults: [.init(place: place, value: name.shortened, detail: "unknown slab flag")])
        }
    }

    /// A name that no kernel function has, or none that is called here.
    convenience init(unknownFunction name: String, suggestions: [String], at place: Fault.Place) {
        self.init(
            .unknownFunction,
            "\(name.shortened) is not a kernel function that can be called here"
                + Self.didYouMean(suggestions),
            suggestions: suggestions,
            faults: [.init(place: place, value: name.shortened, detail: "unknown function")])
    }
}

extension String {
    /// The text, or its beginning.
    fileprivate var shortened: String { count > 120 ? prefix(120) + "..." : self }
}
