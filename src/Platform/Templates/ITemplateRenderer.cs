namespace Relay.Platform.Templates;

/// <summary>Makes subject and bodies from a stored template and the values of one message. Thread safe.</summary>
public interface ITemplateRenderer
{
    /// <summary>Renders the current version; what cannot be rendered is a fault in the result, never an exception.</summary>
    /// <param name="templateId">As the client named it; unknown, foreign and malformed ids are all <see cref="RenderFaultKind.NotFound"/>.</param>
    ValueTask<RenderResult> RenderAsync(
        long accountId, string templateId, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken);
}

/// <summary>Rendered parts, null where the template has none; or why there are none.</summary>
public sealed record RenderResult
{
    /// <summary>One line.</summary>
    public string? Subject { get; init; }

    public string? Html { get; init; }

    public string? Text { get; init; }

    public RenderFault? Fault { get; init; }
}

/// <param name="Message">A sentence for the developer who sent the request.</param>
public sealed record RenderFault(RenderFaultKind Kind, string Message);

public enum RenderFaultKind
{
    NotFound = 0,
    RenderingFailed = 1,
}
