import KernelMemory

/// A machine to be tried.
struct Plan {
    let name: String
    let configuration: MachineConfiguration

    /// What is wrong with a machine's name.
    struct Unknown: Error {
        let name: String
    }

    /// Reads `kind[:MiB[:CPUs]]`.
    init(parsing name: String) throws {
        let parts = name.split(separator: ":")
        guard let kind = parts.first.flatMap({ MachineConfiguration.Kind(rawValue: String($0)) }),
            parts.count <= 3, parts.dropFirst().allSatisfy({ Int($0) != nil })
        else { throw Unknown(name: name) }
        self.name = name
        configuration = try MachineConfiguration(
            kind: kind, memoryInMiB: parts.count > 1 ? Int(parts[1]) : nil,
            cpuCount: parts.count > 2 ? Int(parts[2])! : 1)
    }
}
