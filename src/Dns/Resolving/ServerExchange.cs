using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Relay.Dns;

/// <summary>One try at one server: UDP, then TCP when the answer was cut.</summary>
internal sealed class ServerExchange
{
    private readonly ResolverOptions _options;
    private readonly TimeProvider _time;

    public ServerExchange(ResolverOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
    }

    /// <summary>Bounded by the timeout of one try. Failure <see cref="DnsStatus.Timeout"/> means that the server let that time pass.</summary>
    public async ValueTask<DnsReply> AskAsync(IPEndPoint server, string name, RecordType type, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        using var timeout = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var reply = await TryAskAsync(server, name, type, either.Token, cancellationToken);

        var outcome = reply.IsAnswer ? "answered" : reply.Failure == DnsStatus.Timeout ? "silent" : "failed";
        DnsMetrics.Queries.Add(1, new("type", TypeName(type)), new("outcome", outcome));
        DnsMetrics.QueryDuration.Record(_time.GetElapsedTime(started).TotalSeconds);
        return reply;
    }

    private async ValueTask<DnsReply> TryAskAsync(
        IPEndPoint server, string name, RecordType type, CancellationToken either, CancellationToken caller)
    {
        try
        {
            var reply = await AskWithEdnsAsync(server, name, type, withEdns: true, either);

            // Servers from before EDNS know no better than FORMERR or NOTIMP (RFC 6891 §7).
            return reply.Message?.Code is ResponseCode.FormatError or ResponseCode.NotImplemented or ResponseCode.BadVersion
                ? Judge(server, await AskWithEdnsAsync(server, name, type, withEdns: false, either))
                : Judge(server, reply);
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            var seconds = _options.Timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            return DnsReply.Failed(DnsStatus.Timeout, $"no answer from {server} within {seconds} s");
        }
        catch (SocketException e)
        {
            return DnsReply.Failed(DnsStatus.Timeout, $"{server} cannot be reached ({e.SocketErrorCode})");
        }
    }

    private async ValueTask<DnsReply> AskWithEdnsAsync(
        IPEndPoint server, string name, RecordType type, bool withEdns, CancellationToken cancellationToken)
    {
        var trusted = _options.TrustAd.Trusts(server.Address);
        var query = NewQuery(name, type, askVerdict: trusted, withEdns);
        var response = await UdpExchange.AskAsync(server, query, cancellationToken);
        if (response is null)
        {
            return await AskOverTcpAsync(server, query, trusted, cancellationToken);
        }

        if (!DnsMessage.TryRead(response, out var message))
        {
            return Malformed(server);
        }

        return message.IsTruncated
            ? await AskOverTcpAsync(server, query, trusted, cancellationToken)
            : DnsReply.Answer(message, trusted && message.IsAuthenticData);
    }

    /// <summary>The server answered over UDP, so whatever goes wrong here is its failure, not its silence.</summary>
    private static async ValueTask<DnsReply> AskOverTcpAsync(
        IPEndPoint server, DnsQuery query, bool trusted, CancellationToken cancellationToken)
    {
        try
        {
            var response = await TcpExchange.AskAsync(server, query, cancellationToken);
            return response is not null && DnsMessage.TryRead(response, out var message) && !message.IsTruncated
                ? DnsReply.Answer(message, trusted && message.IsAuthenticData)
                : Malformed(server);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return DnsReply.Failed(DnsStatus.ServerFailure, $"{server} sent a truncated answer and failed over TCP");
        }
    }

    /// <summary>Turns a message that is no answer into the failure it stands for.</summary>
    private static DnsReply Judge(IPEndPoint server, DnsReply reply)
    {
        if (!reply.IsAnswer)
        {
            return reply;
        }

        var message = reply.Message;
        if (message.Code is not (ResponseCode.NoError or ResponseCode.NameError))
        {
            var reason = message.Error is null ? string.Empty : $" ({message.Error})";
            return DnsReply.Failed(DnsStatus.ServerFailure, $"{message.Code.ToMnemonic()} from {server}{reason}");
        }

        // A server that only refers to others does not recurse for us.
        var isReferral = message.Code == ResponseCode.NoError && message.Answers.Count == 0 && !message.IsAuthoritative
            && message.HasNameServers && message.NegativeTimeToLive is null;
        return isReferral ? DnsReply.Failed(DnsStatus.ServerFailure, $"{server} does not recurse") : reply;
    }

    private static DnsReply Malformed(IPEndPoint server) =>
        DnsReply.Failed(DnsStatus.ServerFailure, $"malformed answer from {server}");

    private static DnsQuery NewQuery(string name, RecordType type, bool askVerdict, bool withEdns)
    {
        Span<byte> random = stackalloc byte[2];
        RandomNumberGenerator.Fill(random);
        var id = BitConverter.ToUInt16(random);
        var bytes = new byte[QueryWriter.MaxLength];
        var length = QueryWriter.Write(bytes, id, name, type, askVerdict, withEdns);
        return new DnsQuery(name, type, id, bytes.AsMemory(0, length));
    }

    private static string TypeName(RecordType type) => type switch
    {
        RecordType.A => "A",
        RecordType.Aaaa => "AAAA",
        RecordType.Mx => "MX",
        RecordType.Ns => "NS",
        RecordType.Cname => "CNAME",
        RecordType.Txt => "TXT",
        RecordType.Tlsa => "TLSA",
        RecordType.Ptr => "PTR",
        _ => "other",
    };
}
