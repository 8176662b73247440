using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Counts sessions in memory until they are stored. Thread safe.</summary>
/// <remarks>A session is one connection whose TLS came to a result; connections that failed before, and reused ones, are none.</remarks>
internal sealed class TlsSessions(ITlsReportStore store, ILogger<TlsSessions> logger, TimeProvider time)
{
    /// <summary>Different ways to go between two flushes; what goes beyond them is not counted.</summary>
    private const int MaxGathered = 20_000;

    private readonly Lock _guard = new();
    private Dictionary<TlsSessionCount, (int Sessions, string? Detail)> _gathered = [];

    /// <summary>A connection was opened; in clear where <paramref name="session"/> has no TLS.</summary>
    public void Opened(TlsPolicy policy, DialTarget target, EgressSource source, IPeerSession session)
    {
        var kind = KindOf(policy);
        if (session.Tls is not { } tls)
        {
            Note(policy, kind, TlsSessionResult.StartTlsNotSupported, target, source, $"{target.Host.Name} was used in clear text");
        }
        else if (kind == TlsPolicyKind.MtaSts && (!tls.IsVerified || !policy.Observed!.Matches(target.Host.Name)))
        {
            // Only a policy in testing mode comes here: an enforced one has no such connection.
            var isNamed = policy.Observed!.Matches(target.Host.Name);
            Note(policy, kind, isNamed ? session.CertificateTrouble : TlsSessionResult.ValidationFailure, target, source,
                isNamed ? "the certificate does not verify" : $"the policy does not name {target.Host.Name}");
        }
        else
        {
            Note(policy, kind, TlsSessionResult.Success, null, null, null);
        }
    }

    /// <summary>A connection was given up for its TLS.</summary>
    public void Failed(TlsPolicy policy, DialTarget target, EgressSource source, OpenFailure failure, TlsSessionResult certificateTrouble)
    {
        if (failure.Step != TransactionStep.StartTls)
        {
            return;
        }

        var result = failure.Handshake switch
        {
            HandshakeFailure.Certificate => certificateTrouble,
            HandshakeFailure.Broken => TlsSessionResult.ValidationFailure,
            _ => TlsSessionResult.StartTlsNotSupported,
        };
        Note(policy, KindOf(policy), result, target, source, failure.Message);
    }

    /// <summary>Nobody knows the TLSA records of the host, so it was not used.</summary>
    public void RecordsUnknown(TlsPolicy policy, DialTarget target, EgressSource source, string problem) =>
        Note(policy, TlsPolicyKind.Dane, TlsSessionResult.DnssecInvalid, target, source, problem);

    /// <summary>No mail host of the domain is named by its policy.</summary>
    public void NoHostNamed(TlsPolicy policy, string problem) => Note(policy, KindOf(policy), TlsSessionResult.ValidationFailure, null, null, problem);

    /// <summary>The domain says that it has a policy, which could not be had.</summary>
    public void PolicyNotFetched(string domain, bool isInvalid, string problem) =>
        Note(domain, TlsPolicyKind.MtaSts, isInvalid ? TlsSessionResult.StsPolicyInvalid : TlsSessionResult.StsPolicyFetchError, null, null, problem);

    /// <summary>Stores what was gathered; what cannot be stored now is kept for the next time.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        Dictionary<TlsSessionCount, (int Sessions, string? Detail)> gathered;
        lock (_guard)
        {
            (gathered, _gathered) = (_gathered, []);
        }

        if (gathered.Count == 0)
        {
            return;
        }

        try
        {
            await store.AddAsync([.. gathered.Select(g => g.Key with { Sessions = g.Value.Sessions, Detail = g.Value.Detail })], cancellationToken);
        }
        catch (Queue.StoreUnavailableException exception)
        {
            DeliveryLog.TlsSessionsNotStored(logger, exception);
            foreach (var (key, value) in gathered)
            {
                Add(key, value.Sessions, value.Detail);
            }
        }
    }

    private static TlsPolicyKind KindOf(TlsPolicy policy) =>
        policy.Records is not null ? TlsPolicyKind.Dane : policy.Observed is not null ? TlsPolicyKind.MtaSts : TlsPolicyKind.None;

    private void Note(TlsPolicy policy, TlsPolicyKind kind, TlsSessionResult result, DialTarget? target, EgressSource? source, string? detail)
    {
        if (policy.Domain is { } domain)
        {
            Note(domain, kind, result, target, source, detail);
        }
    }

    private void Note(string domain, TlsPolicyKind kind, TlsSessionResult result, DialTarget? target, EgressSource? source, string? detail) => Add(
        new TlsSessionCount
        {
            Day = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime),
            Domain = domain,
            Policy = kind,
            Result = result,
            MailHost = target?.Host.Name ?? string.Empty,
            ReceivingAddress = target?.AddressText ?? string.Empty,
            SendingAddress = target is null ? string.Empty : source?.LocalAddressFor(target.Family)?.ToString() ?? string.Empty,
        },
        1,
        detail is null ? null : RemoteText.Clean(detail, 200));

    private void Add(TlsSessionCount key, int sessions, string? detail)
    {
        lock (_guard)
        {
            if (_gathered.Count < MaxGathered || _gathered.ContainsKey(key))
            {
                ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_gathered, key, out _);
                sum = (sum.Sessions + sessions, detail ?? sum.Detail);
            }
        }
    }
}
