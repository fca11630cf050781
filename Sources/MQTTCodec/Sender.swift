/// Who wrote a packet: flags, properties and Reason Codes depend on it.
public enum Sender: BitwiseCopyable, Sendable, CaseIterable { case client, server }
