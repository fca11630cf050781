import Storage
import Transport

/// Why a broker does not start; `description` says what to do.
public enum BrokerStartError: Error, Equatable, Sendable {
    /// An address cannot be opened, or the system refuses a thread or a descriptor.
    case network(TransportError)
    /// The data directory cannot be used.
    case storage(StorageError)
}

extension BrokerStartError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .network(let error): error.description
        case .storage(let error): error.description
        }
    }
}
