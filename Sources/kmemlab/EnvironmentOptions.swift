import ArgumentParser
@preconcurrency import Glibc

/// The options of a command that are given as environment variables: `KMEMLAB_MAX_SESSIONS` for `--max-sessions`.
struct EnvironmentOptions {
    private static let prefix = "KMEMLAB_"

    /// A variable and the option that it stands for.
    private struct Variable {
        let name: String
        let value: String

        /// `--max-sessions`.
        var option: String {
            "--"
                + name.dropFirst(prefix.count).lowercased().map { $0 == "_" ? "-" : String($0) }
                .joined()
        }
    }

    private let variables: [Variable]

    /// Takes the variables whose name begins with `KMEMLAB_`, in the order of their names.
    init(_ environment: [(name: String, value: String)] = Self.ofProcess) {
        variables = environment.filter { $0.name.hasPrefix(Self.prefix) }
            .sorted { $0.name < $1.name }.map { Variable(name: $0.name, value: $0.value) }
    }

    /// The arguments of a command, with those from the environment that are not among them before them.
    ///
    /// - Throws: a text that names the variable if it stands for no option, or has a wrong value.
    func arguments<Command: ParsableCommand>(
        for command: Command.Type, given: [String]
    ) throws(Refusal) -> [String] {
        var arguments: [String] = []
        for variable in variables {
            let option = variable.option
            let isGiven = given.contains { $0 == option || $0.hasPrefix(option + "=") }
            if isGiven { continue }
            arguments += try self.arguments(for: command, variable)
        }
        return arguments + given
    }

    private func arguments<Command: ParsableCommand>(
        for command: Command.Type, _ variable: Variable
    ) throws(Refusal) -> [String] {
        if (try? command.parse([variable.option])) != nil {
            switch variable.value {
            case "true", "1": return [variable.option]
            case "false", "0": return []
            default:
                throw Refusal(
                    text: "\(variable.name) must be true or false, not '\(variable.value)'.")
            }
        }
        let argument = "\(variable.option)=\(variable.value)"
        do { _ = try command.parse([argument]) } catch {
            throw Refusal(
                text: "The environment has \(variable.name)='\(variable.value)'. "
                    + command.message(for: error))
        }
        return [argument]
    }

    /// Why an environment is refused.
    struct Refusal: Error {
        let text: String
    }

    /// The variables of this process.
    private static var ofProcess: [(name: String, value: String)] {
        var variables: [(String, String)] = []
        var place = environ
        while let text = place.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1)
            if parts.count == 2 { variables.append((String(parts[0]), String(parts[1]))) }
            place += 1
        }
        return variables
    }
}
