namespace Relay.Platform.Emails;

/// <summary>Every bound of the e-mail API in one place; docs/api/emails.md shows them. Lengths are UTF-16 units unless named otherwise.</summary>
public static class EmailLimits
{
    /// <summary>A request body: what 40 MiB of composed mail needs in base64 and JSON.</summary>
    public const long MaxRequestBytes = 56L * 1024 * 1024;

    /// <summary>A body without content, such as a new time.</summary>
    public const long MaxSmallRequestBytes = 64 * 1024;

    /// <summary>All messages composed of one request, copies of tracked e-mails included.</summary>
    public const long MaxComposedBytes = 40L * 1024 * 1024;

    public const int MaxBatch = 100;

    /// <summary>Of to, cc and bcc together.</summary>
    public const int MaxRecipients = 50;

    public const int MaxReplyTo = 20;

    /// <summary>An address with its name.</summary>
    public const int MaxAddressLength = 1_000;

    /// <summary>A line of RFC 5322 §2.1.1.</summary>
    public const int MaxSubjectLength = 998;

    /// <summary>Of html and of text.</summary>
    public const int MaxBodyLength = 10 * 1024 * 1024;

    public const int MaxHeaders = 50;

    public const int MaxHeaderValueLength = 4_000;

    /// <summary>A word without a space in it cannot be folded.</summary>
    public const int MaxHeaderWordLength = 900;

    public const int MaxAttachments = 10;

    public const int MaxFileNameLength = 255;

    public const int MaxContentTypeLength = 255;

    public const int MaxContentIdLength = 255;

    public const int MaxTags = 10;

    public const int MaxTagLength = 64;

    public const int MaxIdLength = 255;

    public const int MaxVariables = 200;

    public const int MaxVariableLength = 100_000;

    /// <summary>Identifiers in References; the oldest and the newest stay.</summary>
    public const int MaxReferences = 50;

    public const int MaxIdempotencyKeyLength = 256;

    /// <summary>Values in a body that has an idempotency key.</summary>
    public const int MaxValues = 250_000;

    public const int MaxPage = 100_000;

    public const int MaxPageSize = 100;

    public const int MaxDomainFilters = 50;

    /// <summary>Longer html and text are null in a list, and whole when asked for by id.</summary>
    public const int MaxListedBodyLength = 64 * 1024;

    /// <summary>Events told of one e-mail; of more, the newest.</summary>
    public const int MaxEvents = 1_000;

    /// <summary>How far ahead an e-mail may be scheduled.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromDays(366);
}
