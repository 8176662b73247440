using System.Text.RegularExpressions;

namespace Relay.Mail;

/// <summary>Tells replies of programs from those of people (RFC 3834 §5, and what others set).</summary>
internal static class AutoReplySigns
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    private static readonly Regex Subject = new(
        @"^\W{0,3}(auto(matic|mated)?[ :-]?(reply|response|respond|answer)|auto:|out of (the )?office|ooo:|away (from|until)|vacation|on (annual )?leave|abwesend|abwesenheit|automatische antwort|r.ponse automatique|absence|respuesta autom.tica|risposta automatica|автоответ|自動(応答|返信)|自动(回复|答复))",
        Options);

    public static bool IsAutoReply(HeaderBlock header)
    {
        var submitted = header.Value("Auto-Submitted")?.ToLowerInvariant() ?? string.Empty;
        return submitted.StartsWith("auto-replied", StringComparison.Ordinal)
            || submitted.StartsWith("auto-generated", StringComparison.Ordinal)
            || header.Contains("X-Autoreply") || header.Contains("X-Autorespond") || header.Contains("X-Auto-Reply-From")
            || header.Value("X-Auto-Response-Suppress") is not null
            || header.Value("Precedence")?.Trim().ToLowerInvariant() is "auto_reply" or "auto-reply"
            || Subject.IsMatch(header.Text("Subject") ?? string.Empty);
    }
}
