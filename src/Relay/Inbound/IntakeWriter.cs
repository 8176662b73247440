using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Relay.Mail;
using Relay.Platform.Emails;
using Relay.Platform.Quotas;
using Relay.Queue;
using Relay.Senders;
using Relay.Smtp.Server;

namespace Relay;

/// <summary>One message on its way from the session to the intake.</summary>
/// <remarks>
/// 1. Fields that are wishes or that must go are taken out as the header block passes; everything else stays octet for octet.
/// 2. Long lines are noted or broken, where the configuration says so. 3. At the end the wishes are read, the header block is looked at,
/// and the intake makes the message durable or refuses it.
/// </remarks>
internal sealed class IntakeWriter : IMessageWriter
{
    private static readonly SmtpReply LineTooLong =
        SmtpReply.Of(550, "5.6.0", $"the message has a line of more than {LongLineWrapper.MaxLineOctets} octets (RFC 5322 section 2.1.1)");

    private static readonly SmtpReply HeaderBroken =
        SmtpReply.Of(550, "5.6.0", "the header block holds a line that is no field (RFC 5322 section 2.2)");

    private readonly SubmissionIntake _intake;
    private readonly SubmissionPolicy _policy;
    private readonly TimeProvider _time;
    private readonly SmtpSession _session;
    private readonly Envelope _envelope;
    private readonly SubmissionFixUps? _fixUps;
    private readonly bool _obeysHeaders;
    private readonly IncomingContent _content;
    private readonly HeaderFilter? _filter;
    private readonly LongLineWrapper? _lines;

    /// <summary>Of what is kept: a message that is submitted again under its idempotency key is known by it. Null where no key is obeyed.</summary>
    private readonly IncrementalHash? _digest;

    public IntakeWriter(
        IncomingContent content,
        SubmissionIntake intake,
        SubmissionPolicy policy,
        SmtpSession session,
        Envelope envelope,
        SubmissionFixUps? fixUps,
        bool obeysHeaders,
        TimeProvider time)
    {
        _intake = intake;
        _policy = policy;
        _time = time;
        _session = session;
        _envelope = envelope;
        _fixUps = fixUps;
        _obeysHeaders = obeysHeaders;
        var removed = fixUps?.Removed ?? [];
        _filter = obeysHeaders ? SubmissionHeaders.NewFilter(removed) : removed.Length > 0 ? new HeaderFilter([], removed) : null;
        _lines = fixUps is null or { LongLines: LongLines.Accept } ? null : new LongLineWrapper(fixUps.LongLines == LongLines.Wrap);
        _digest = obeysHeaders ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        _content = content;
    }

    /// <summary>Internal for reports and what strangers write to us: they are none of our senders' mail.</summary>
    public Door Door { get; init; } = Door.Smtp;

    public Func<Mailbox, bool>? IsForReports { get; init; }

    /// <summary>As <see cref="Submission.IsForeign"/>.</summary>
    public bool IsForeign { get; init; }

    /// <summary>Of domains whose mail ends here; null: the listener's bound alone.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Mail of those who may relay: it counts for their quotas, and the fields of its stream are added.</summary>
    public bool IsSubmission { get; init; }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        while (_filter is { IsDone: false } filter && !content.IsEmpty)
        {
            var kept = filter.Filter(content, out var consumed);
            content = content[consumed..];
            await KeepAsync(kept, cancellationToken);
        }

        await KeepAsync(content, cancellationToken);
    }

    public async ValueTask<SmtpReply> CommitAsync()
    {
        var wishes = SubmissionWishes.None;
        if (_filter is not null)
        {
            await KeepAsync(_filter.End(), CancellationToken.None);
            if (_obeysHeaders)
            {
                wishes = SubmissionHeaders.Read(_filter, _time.GetUtcNow(), out var refusal);
                if (refusal is not null)
                {
                    return refusal;
                }
            }
        }

        if (_content.LengthBytes > MaxBytes)
        {
            return SmtpReply.Of(552, "5.3.4", string.Create(CultureInfo.InvariantCulture, $"mail for this domain may have at most {MaxBytes} octets"));
        }

        if (_lines is { HasLongLine: true } && _fixUps is { LongLines: LongLines.Refuse })
        {
            return LineTooLong;
        }

        if ((_fixUps is { RequireFrom: true } || (IsSubmission && _policy.HoldsToSenders(_session))) && _content.HasBrokenHeader)
        {
            return HeaderBroken;
        }

        if (IsSubmission && await _policy.RefuseFromAsync(_session, _content.FromDomain, CancellationToken.None) is { } foreign)
        {
            return foreign;
        }

        var digest = wishes.IdempotencyKey is null ? [] : Digest(_filter!.Removed());
        var counted = IsSubmission ? await _policy.SenderOfAsync(_session, CancellationToken.None) : default(QuotaSender?);
        var result = await _intake.AcceptAsync(_content, Describe(wishes), counted, digest);
        return result.Refusal ?? SmtpReply.Of(250, "2.0.0", $"accepted as {result.Id}");
    }

    public ValueTask DisposeAsync()
    {
        _digest?.Dispose();
        return _content.DisposeAsync();
    }

    private async ValueTask KeepAsync(ReadOnlyMemory<byte> kept, CancellationToken cancellationToken)
    {
        _digest?.AppendData(kept.Span);
        while (_lines is not null && !kept.IsEmpty)
        {
            var slice = _lines.Next(kept, out var consumed);
            kept = kept[consumed..];
            await _content.WriteAsync(slice, cancellationToken);
        }

        if (!kept.IsEmpty)
        {
            await _content.WriteAsync(kept, cancellationToken);
        }
    }

    private MailDefaults Defaults => (_session.Identity as Credential)?.Defaults ?? MailDefaults.None;

    // Content, wishes as they were written (a time passes, its text stays) and envelope; the order of recipients says nothing.
    private byte[] Digest(HeaderBlock wishes)
    {
        var facts = new StringBuilder("\nsmtp\n").Append(_envelope.ReversePath).Append('\n');
        facts.AppendJoin('\n', _envelope.Recipients.Select(recipient => recipient.Mailbox.ToString()).Order(StringComparer.Ordinal));
        foreach (var field in wishes.Fields)
        {
            facts.Append('\n').Append(field.Name.ToUpperInvariant()).Append(':').Append(field.Text);
        }

        _digest!.AppendData(Encoding.UTF8.GetBytes(facts.ToString()));
        return _digest.GetHashAndReset();
    }

    private SmtpReply? Review(HeaderBlock header) =>
        IsSubmission ? _policy.ReviewHeader(_session, header, _fixUps is { RequireFrom: true }) : null;

    private Submission Describe(SubmissionWishes wishes) => new()
    {
        Envelope = _envelope,
        Door = Door,
        IsForReports = IsForReports,
        IsForeign = IsForeign,
        AccountId = _session.AccountId,
        CredentialId = _session.CredentialId,
        User = (_session.Identity as Credential)?.Name,
        AddDate = _fixUps is { AddDate: true },
        AddMessageId = _fixUps is { AddMessageId: true },
        AddStreamFields = IsSubmission,
        Review = Review,
        Tags = wishes.Tags.Count > 0 ? wishes.Tags : Defaults.Tags,
        Stream = wishes.Stream ?? SubmissionPolicy.StreamOf(_session),
        // The later of the two: who asks twice wants neither to be early.
        NotBefore = Later(wishes.NotBefore, _envelope.NotBefore),
        IdempotencyKey = wishes.IdempotencyKey,
        ExpiresAt = wishes.ExpiresAt,
        Priority = wishes.Priority,
        Trace = new TraceInfo(
            _session.HelloName ?? "unknown",
            _session.Peer.Address,
            _session.ProtocolKeyword(_envelope.SmtpUtf8),
            _session.Tls?.CipherSuite)
        {
            LocalUserId = _session.LocalUserId,
            IsClientHidden = _fixUps is { HideClient: true } && _session.Login is not null,
        },
    };

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;
}
