using System.Text.RegularExpressions;

namespace Relay.Mail;

/// <summary>Is a message without machine-readable part a report about delivery at all? Two independent signs are needed, one of them of its sender.</summary>
internal static class BounceSigns
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    private static readonly Regex Sender = new(
        @"mailer-?daemon|mail-?daemon|postmaster|mail delivery|delivery (sub)?system|mail\.delivery|system administrator|mailadmin|mail administrator|bounce|no-?reply", Options);

    private static readonly Regex Subject = new(
        @"undeliver|non-?deliver|not delivered|unable to deliver|could ?n.t be (sent|delivered)|cannot be (sent|delivered)|deliver(y|ies) (has )?(fail|status|problem|error|notification|report|delayed|incomplete|to .{0,80} (failed|was delayed))|(fail|error|problem)\w* (deliver|send)|failed? delivery|return(ed|ing) (mail|message|to sender)|failure notice|mail (system )?error|message status|delayed mail|warning: (message|could not)|message (delivery )?(delayed|has failed|rejected|not sent|you sent blocked)|error sending your|status notification|rejected:|mail could not|unzustellbar|non remis|no se (ha )?podido entregar|non recapitabile|mancata consegna|недоставлен|не доставлено|配信|送信(でき|エラー)|无法送达|退信|系统退信", Options);

    private static readonly Regex Body = new(
        @"(could|can|did|was|has|been|were|is) ?(not|n.t) (yet )?(be )?(been )?(deliver|sent|reach)|unable to (deliver|send|relay|connect)|undeliver|failed permanently|permanent (fatal )?(error|failure|delivery)|delivery (has )?(failed|to the following|attempt)|error (while|occurred|delivering|sending|has occurred)|following (address|recipient)|mail system at host|transcript of session|failure reasons|returned (to sender|message)|being returned|rejected (by|your|recipient)|retried (until|for)|did not (reach|like)|have trouble delivering|had trouble delivering|exceeds allowed size|account has been|mailbox (is )?(full|exceed|unavailable)|送信できません|送信に失敗|配信できません|お届けできません|не может быть доставлено|リストにありません", Options);

    /// <param name="original">The text holds the header of another message.</param>
    public static bool IsBounce(HeaderBlock header, string text, bool original)
    {
        if (header.Contains("X-Failed-Recipients"))
        {
            return true;
        }

        var isFromSystem = IsFromSystem(header);
        var tells = Subject.IsMatch(header.Text("Subject") ?? string.Empty);
        var says = Body.IsMatch(text.Length > 8192 ? text[..8192] : text);
        var isAutomatic = IsAutomatic(header);
        return isFromSystem ? (tells && (says || original)) || (says && (original || isAutomatic)) : isAutomatic && tells && says && original;
    }

    /// <summary>By its addresses a mail system sent it.</summary>
    public static bool IsFromSystem(HeaderBlock header)
    {
        var from = header.Text("From") ?? string.Empty;
        return Sender.IsMatch(from) || from.Trim() is "" or "<>" || IsNullPath(header);
    }

    private static bool IsNullPath(HeaderBlock header) => header.Value("Return-Path")?.Trim() is "<>" or "";

    private static bool IsAutomatic(HeaderBlock header) =>
        IsNullPath(header) || (header.Value("Auto-Submitted") is { } value && !value.StartsWith("no", StringComparison.OrdinalIgnoreCase));
}
