using System.Globalization;
using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>What MAIL may carry behind the path.</summary>
internal readonly record struct MailParameters
{
    // RFC 1870 §4: up to 20 digits. Twenty of them may not fit a long; such a size is over any limit.
    private const int MaxSizeDigits = 20;

    // RFC 3461 §4.4: the value as encoded.
    private const int MaxEnvelopeId = 100;

    // RFC 4865 §3: future-release-integer.
    private const int MaxHoldDigits = 9;

    private static readonly string[] TimeForms =
        ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    public long? Size { get; private init; }

    public BodyType Body { get; private init; }

    public bool SmtpUtf8 { get; private init; }

    public bool RequireTls { get; private init; }

    public DsnReturn Return { get; private init; }

    /// <summary>Decoded.</summary>
    public string? EnvelopeId { get; private init; }

    public TimeSpan? HoldFor { get; private init; }

    public DateTimeOffset? HoldUntil { get; private init; }

    public bool AsksToWait => HoldFor is not null || HoldUntil is not null;

    /// <summary>Null when all are known and well formed, otherwise the refusal.</summary>
    public static SmtpReply? Read(IReadOnlyList<EsmtpParameter> parameters, out MailParameters read)
    {
        read = default;
        foreach (var parameter in parameters)
        {
            if (Apply(parameter, ref read) is { } refusal)
            {
                return refusal;
            }
        }

        // RFC 4865 §4: one of the two.
        return read is { HoldFor: not null, HoldUntil: not null } ? ServerReplies.HoldsTwice : null;
    }

    private static SmtpReply? Apply(EsmtpParameter parameter, ref MailParameters read)
    {
        switch (parameter.Keyword)
        {
            case "SIZE" when TryReadSize(parameter.Value, out var size):
                read = read with { Size = size };
                return null;
            case "BODY" when TryReadBody(parameter.Value, out var body):
                read = read with { Body = body };
                return null;
            case "SMTPUTF8" when parameter.Value is null:
                read = read with { SmtpUtf8 = true };
                return null;
            case "RET" when TryReadReturn(parameter.Value, out var @return):
                read = read with { Return = @return };
                return null;
            case "ENVID" when parameter.Value is { Length: <= MaxEnvelopeId } value && Xtext.TryDecode(value, out var id):
                read = read with { EnvelopeId = id };
                return null;
            case "REQUIRETLS" when parameter.Value is null:
                read = read with { RequireTls = true };
                return null;
            case "HOLDFOR" when TryReadHold(parameter.Value, out var holdFor):
                read = read with { HoldFor = holdFor };
                return null;
            case "HOLDUNTIL" when TryReadTime(parameter.Value, out var time):
                read = read with { HoldUntil = time };
                return null;
            case "AUTH" when parameter.Value is not null:
                // RFC 4954 §5: who first submitted the message; a server that does not trust the client acts as for <>, and none is trusted.
                return null;
            case "SIZE" or "BODY" or "SMTPUTF8" or "AUTH" or "RET" or "ENVID" or "REQUIRETLS" or "HOLDFOR" or "HOLDUNTIL":
                return ServerReplies.BadValueOf(parameter.Keyword);
            default:
                return ServerReplies.UnknownParameter(parameter.Keyword);
        }
    }

    private static bool TryReadSize(string? text, out long size)
    {
        size = 0;
        if (text is null || text.Length > MaxSizeDigits || text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size))
        {
            size = long.MaxValue;
        }

        return true;
    }

    // BINARYMIME (RFC 3030 §3) is not announced and refused like any other unknown value.
    private static bool TryReadBody(string? text, out BodyType body)
    {
        body = string.Equals(text, "8BITMIME", StringComparison.OrdinalIgnoreCase) ? BodyType.EightBitMime : BodyType.SevenBit;
        return body == BodyType.EightBitMime || string.Equals(text, "7BIT", StringComparison.OrdinalIgnoreCase);
    }

    private static bool TryReadReturn(string? text, out DsnReturn @return)
    {
        @return = text?.ToUpperInvariant() switch
        {
            "FULL" => DsnReturn.Full,
            "HDRS" => DsnReturn.Headers,
            _ => DsnReturn.Unspecified,
        };
        return @return != DsnReturn.Unspecified;
    }

    private static bool TryReadHold(string? text, out TimeSpan hold)
    {
        hold = default;
        if (text is null or { Length: > MaxHoldDigits } || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return false;
        }

        hold = TimeSpan.FromSeconds(seconds);
        return true;
    }

    private static bool TryReadTime(string? text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
}
