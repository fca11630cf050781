/// The version of the broker, as `martletd --version` and `$SYS/broker/version` say it.
public enum BrokerVersion {
    public static let text = "0.1.0"
}
