/// What a temporary mapping of 2.6's `kmap_atomic` is for: each type has a slot of its own on each CPU.
///
/// The corresponding kernel type was `enum km_type` (include/asm-i386/kmap_types.h, 2.6).
public enum KmapType: UInt8, CaseIterable, Sendable {
    case bounceRead, skbSunrpcData, skbDataSoftirq, user0, user1, bioSourceIRQ, bioDestinationIRQ
    case pte0, pte1, irq0, irq1, softirq0, softirq1

    /// The name in C.
    public var name: String {
        switch self {
        case .bounceRead: "KM_BOUNCE_READ"
        case .skbSunrpcData: "KM_SKB_SUNRPC_DATA"
        case .skbDataSoftirq: "KM_SKB_DATA_SOFTIRQ"
        case .user0: "KM_USER0"
        case .user1: "KM_USER1"
        case .bioSourceIRQ: "KM_BIO_SRC_IRQ"
        case .bioDestinationIRQ: "KM_BIO_DST_IRQ"
        case .pte0: "KM_PTE0"
        case .pte1: "KM_PTE1"
        case .irq0: "KM_IRQ0"
        case .irq1: "KM_IRQ1"
        case .softirq0: "KM_SOFTIRQ0"
        case .softirq1: "KM_SOFTIRQ1"
        }
    }

    /// The type of a name; `nil` if there is none.
    public init?(name: some StringProtocol) {
        guard let type = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = type
    }

    /// The names of all types.
    public static var names: [String] { allCases.map(\.name) }
}

extension KmapType: CustomStringConvertible {
    /// The name in C.
    public var description: String { name }
}
