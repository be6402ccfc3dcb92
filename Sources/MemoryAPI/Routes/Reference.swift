import KernelMemory
import MicroHTTPD

/// How a path names an allocation.
enum Reference {
    /// The step of the call that allocated it.
    case id(UInt32)
    /// An address, whatever it points to.
    case address(UInt64)

    /// Reads a placeholder, the first if none is named: a decimal number is an id, `0x...` an address.
    init(_ request: borrowing Request, placeholder: Int = 0) throws(Problem) {
        let text = request.parameter(placeholder)
        if let address = hexadecimalNumber(text) {
            self = .address(address)
            return
        }
        guard let number = wholeNumber(text) else {
            throw Self.problem("ref", text, "an id such as 1, or an address such as 0xc1f40000")
        }
        if let id = UInt32(exactly: number), id > 0 {
            self = .id(id)
        } else {
            throw Self.problem("ref", text, "an id of 1 to 4294967295")
        }
    }

    /// Reads the first placeholder as an address.
    static func address(_ request: borrowing Request) throws(Problem) -> UInt64 {
        let text = request.parameter(0)
        guard let address = hexadecimalNumber(text) else {
            throw problem("address", text, "an address such as 0xc1f40000")
        }
        return address
    }

    /// The reference as a client writes it.
    var text: String {
        switch self {
        case .id(let id): "\(id)"
        case .address(let address): "\(VirtualAddress(address))"
        }
    }

    private static func problem(
        _ name: String, _ text: UnsafeRawBufferPointer, _ wanted: String
    ) -> Problem {
        Problem(
            .invalidReference, "\(name) must be \(wanted), not \"\(text.quoted)\".",
            faults: [.init(place: .path(name), value: text.quoted, detail: "must be \(wanted)")])
    }
}

extension Problem {
    /// The refusal of a reference to what is not there, or not there any more.
    ///
    /// - Parameter wanted: what it has to be.
    convenience init(
        _ kind: ProblemKind, _ detail: String, _ reference: Reference, wanted: String,
        extras: [Extra] = []
    ) {
        self.init(
            kind, detail,
            faults: [
                .init(place: .path("ref"), value: reference.text, detail: "must be \(wanted)")
            ], extras: extras)
    }
}
