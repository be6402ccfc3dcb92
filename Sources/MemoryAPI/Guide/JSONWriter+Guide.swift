import KernelMemory

/// Codes and what is told about them.
extension JSONWriter {
    /// Writes a code's entry in the list of all.
    mutating func listed(_ code: DocumentedCode) {
        heading(code)
        member("href", code.path)
    }

    /// Writes all that is told about a code.
    mutating func guide(_ code: DocumentedCode) {
        heading(code)
        let explanation = code.explanation
        member("cause", explanation.cause)
        member("consequence", explanation.consequence)
        member("cure", explanation.cure)
        if case .misuse(let code) = code { kernel(code.guide) }
        array("see") { json in
            for other in code.see { json.text(other.text) }
        }
    }

    private mutating func heading(_ code: DocumentedCode) {
        member("code", code.text)
        switch code {
        case .misuse(let misuse):
            member("kind", literal: "misuse")
            member("title", code.title)
            member("severity", misuse.severity)
        case .request(let kind):
            member("kind", literal: "request")
            member("title", code.title)
            member("status", kind.status)
        }
    }

    private mutating func kernel(_ guide: MisuseGuide) {
        object("kernel") { json in
            json.member("plain", guide.plain)
            json.member("debug", guide.checking)
        }
        object("example") { json in json.example(guide.example) }
    }

    private mutating func example(_ example: MisuseGuide.Example) {
        object("machine") { json in
            json.member("machine", literal: MisuseGuide.Example.machine)
            if example.debug { json.member("debug", true) }
            if example.cpus > 1 { json.member("cpus", example.cpus) }
        }
        array("calls") { json in
            for call in example.calls { json.object { $0.member("call", call) } }
        }
        guard let transfer = example.transfer else { return }
        object("dma") { json in
            json.member("address", address: transfer.address)
            json.member("length", transfer.lengthInBytes)
        }
    }
}
