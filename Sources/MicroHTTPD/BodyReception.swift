/// A body that is being taken in parts. It abandons its receiver when it goes away before a handler
/// had it.
final class BodyReception {
    /// How much of a body beyond the limit is read before its client is dropped.
    private static let slackInBytes = 1_048_576

    /// Who takes the parts.
    let receiver: any BodyReceiver
    /// The largest body, in bytes.
    let limitInBytes: Int
    /// Whether the handler has the receiver.
    var isHandedOver = false
    private var receivedCount = 0
    /// What the receiver wanted last.
    private(set) var progress = BodyProgress.more

    init(_ receiver: any BodyReceiver, limitInBytes: Int) {
        self.receiver = receiver
        self.limitInBytes = limitInBytes
    }

    deinit {
        if !isHandedOver { receiver.abandoned() }
    }

    /// Whether the body has grown beyond the limit.
    var isTooLarge: Bool { receivedCount > limitInBytes }

    /// Passes a part on, or throws it away.
    ///
    /// - Returns: `false` when the connection should be dropped.
    func receive(_ part: UnsafeRawBufferPointer) -> Bool {
        receivedCount += part.count
        if isTooLarge { progress = .enough }
        if progress != .enough { progress = receiver.receive(part) }
        return receivedCount - limitInBytes <= BodyReception.slackInBytes
    }
}
