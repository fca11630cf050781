import MQTTCodec

/// What must be true when everybody is back, has read all and acknowledged all.
extension Ledger {
    /// - Parameter probes: clients on every shard that have subscribed to everything just now
    func close(probes: [Int]) {
        for client in clients.values.sorted(by: { $0.index < $1.index }) where client.isConnected {
            if let (packetID, publication) = client.outgoing.min(by: { $0.key < $1.key }) {
                verdict.violate("\(publication.topic) \(PayloadText.short(publication.payload)) was never acknowledged: \(packetID)")
            }
            if client.pings > 0 { verdict.violate("PINGREQ was never answered to client-\(client.index)") }
            for publication in publications { checkArrival(publication, client) }
        }
        for publication in publications where publication.isShared { checkShared(publication) }
        checkRetained(probes)
    }

    /// Who knew of its SUBACK before a message was sent, and kept the subscription until the broker had acknowledged it,
    /// has the message.
    private func checkArrival(_ publication: Publication, _ client: Client) {
        guard publication.qos > .atMostOnce, let acknowledged = publication.acknowledged, !publication.isRefused, !publication.expires,
            !publication.payload.isEmpty, !publication.isShared, !client.isLimited, !client.receipts.contains(publication.key)
        else { return }
        for subscription in client.subscriptions where subscription.options.maximumQoS > .atMostOnce {
            guard let granted = subscription.granted, granted < publication.sent, (subscription.given ?? .max) > acknowledged,
                TopicMatching.matches(subscription.filter, publication.topic),
                !(subscription.options.noLocal && publication.publisher == client.index)
            else { continue }
            verdict.violate(
                "never came to client-\(client.index), subscribed to \(subscription.filter): \(publication.qos) \(publication.topic) \(PayloadText.short(publication.payload))"
            )
        }
    }

    /// While a member of a share has its SUBACK, somebody gets each message: who goes gives back what is not acknowledged.
    private func checkShared(_ publication: Publication) {
        guard publication.qos == .atLeastOnce, let acknowledged = publication.acknowledged, !publication.isRefused, !publication.expires,
            !publication.isReceived
        else { return }
        for client in clients.values.sorted(by: { $0.index < $1.index }) where client.isConnected {
            for subscription in client.subscriptions {
                guard let share = subscription.share, !lossyShares.contains(share), let granted = subscription.granted,
                    granted < publication.sent, (subscription.given ?? .max) > acknowledged,
                    TopicMatching.matches(subscription.filter, publication.topic)
                else { continue }
                verdict.violate(
                    "never came to a member of the share \(share): \(publication.topic) \(PayloadText.short(publication.payload))")
            }
        }
    }

    /// All shards retain the same, and nothing that was replaced or cleared by someone who knew of it; who subscribed to
    /// it at whatever moment has it. A broker that dies forgets how far it was with what is retained.
    private func checkRetained(_ probes: [Int]) {
        let stores = probes.compactMap { clients[$0]?.receipts.filter { byKey[$0]?.expires == false }.sorted() }
        guard let store = stores.first else { return }
        if stores.contains(where: { $0 != store }) { verdict.violate("shards retain different messages: \(stores)") }
        let changes = publications.filter { $0.retain && !$0.topic.hasPrefix("$") }
        for publication in changes where !publication.payload.isEmpty && !publication.expires {
            let others = changes.filter { $0 !== publication && $0.topic == publication.topic }
            let isRetained = store.contains(publication.key)
            let what = "\(publication.topic) \(PayloadText.short(publication.payload))"
            if isRetained, let acknowledged = publication.acknowledged,
                let later = others.first(where: { $0.sent > acknowledged && $0.acknowledged != nil && !$0.isRefused })
            {
                verdict.violate("retained although \(PayloadText.short(later.payload)) came after it: \(what)")
            }
            // It came after all others were acknowledged, so nothing could take its place.
            let isLast = others.allSatisfy { ($0.acknowledged ?? .max) < publication.sent && $0.sendings == 1 }
            if !isRetained, isLast, publication.acknowledged != nil, !publication.isRefused { verdict.violate("not retained: \(what)") }
            guard isRetained, publication.qos > .atMostOnce, publication.publisher != nil else { continue }
            for client in clients.values.sorted(by: { $0.index < $1.index })
            where client.isConnected && !client.isLimited && !client.receipts.contains(publication.key) {
                let subscription = client.subscriptions.first {
                    $0.granted != nil && $0.given == nil && $0.requested > (losses.last ?? 0) && $0.options.maximumQoS > .atMostOnce
                        && $0.options.retainHandling == .sendAtSubscribe
                        && !$0.options.noLocal && TopicMatching.matches($0.filter, publication.topic)
                }
                if let subscription {
                    verdict.violate("neither new nor retained to client-\(client.index), subscribed to \(subscription.filter): \(what)")
                }
            }
        }
    }
}
