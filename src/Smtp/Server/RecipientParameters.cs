using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>What RCPT may carry behind the path: NOTIFY and ORCPT (RFC 3461 §4.1 and §4.2).</summary>
internal readonly record struct RecipientParameters(DsnNotify Notify, string? OriginalRecipient)
{
    // RFC 3461 §4.2: the whole value.
    private const int MaxOriginalRecipient = 500;

    /// <summary>Null when all are known and well formed, otherwise the refusal.</summary>
    public static SmtpReply? Read(IReadOnlyList<EsmtpParameter> parameters, out RecipientParameters read)
    {
        read = default;
        foreach (var parameter in parameters)
        {
            switch (parameter.Keyword)
            {
                case "NOTIFY" when TryReadNotify(parameter.Value, out var notify):
                    read = read with { Notify = notify };
                    break;
                case "ORCPT" when parameter.Value is { Length: <= MaxOriginalRecipient } value
                    && Xtext.TryDecodeOriginalRecipient(value, out var original):
                    read = read with { OriginalRecipient = original };
                    break;
                case "NOTIFY" or "ORCPT":
                    return ServerReplies.BadValueOf(parameter.Keyword);
                default:
                    return ServerReplies.UnknownParameter(parameter.Keyword);
            }
        }

        return null;
    }

    // NEVER stands alone (RFC 3461 §4.1).
    private static bool TryReadNotify(string? text, out DsnNotify notify)
    {
        notify = DsnNotify.Unspecified;
        foreach (var word in (text ?? string.Empty).Split(','))
        {
            var one = word.ToUpperInvariant() switch
            {
                "NEVER" => DsnNotify.Never,
                "SUCCESS" => DsnNotify.Success,
                "FAILURE" => DsnNotify.Failure,
                "DELAY" => DsnNotify.Delay,
                _ => DsnNotify.Unspecified,
            };
            if (one == DsnNotify.Unspecified || notify.HasFlag(one))
            {
                return false;
            }

            notify |= one;
        }

        return notify == DsnNotify.Never || !notify.HasFlag(DsnNotify.Never);
    }
}
