import KernelMemory

/// What a session is beside its calls: all that another host needs to go on with it.
public struct StoredSession: Hashable, Sendable {
    /// Its number.
    public let key: SessionKey
    /// What tells its owner from others: the secret, or a hash of it.
    public let secret: [UInt8]
    /// The same for those who may only look.
    public let viewSecret: [UInt8]
    /// The machine that it started with.
    ///
    /// Of a recorded machine it is what was written down. Whoever boots it compares it with the
    /// configuration of the recording, which the digest names.
    public let configuration: MachineConfiguration
    /// The recording that a client sent for it; empty for machines that boot and for shipped recordings.
    public let recording: [UInt8]
    /// What else is to be known of its creation.
    public let creation: [UInt8]

    /// A session.
    public init(
        key: SessionKey, secret: [UInt8], viewSecret: [UInt8],
        configuration: MachineConfiguration, recording: [UInt8] = [], creation: [UInt8] = []
    ) {
        self.key = key
        self.secret = secret
        self.viewSecret = viewSecret
        self.configuration = configuration
        self.recording = recording
        self.creation = creation
    }
}
