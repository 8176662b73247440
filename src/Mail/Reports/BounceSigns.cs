using System.Text.RegularExpressions;

namespace Relay.Mail;

/// <summary>Is a message without machine-readable part a report about delivery at all? Two independent signs are needed, one of them of its sender.</summary>
internal static class BounceSigns
{
    private const int MaxSearched = 8192;
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    // Nobody but a mail system writes under these names.
    private static readonly Regex System = new(
        @"mailer-?daemon|mail-?daemon|mdaemon|postmaster|mail delivery|delivery (sub)?system|mail\.delivery|system administrator|mailadmin|mail administrator|bounce", Options);

    // Gateways and services do, and others too.
    private static readonly Regex Gateway = new(
        @"no-?reply|do-?not-?reply|mail[ _-]?(service|server|system|router|gateway|transport|transfer|filter|scanner)|gateway|anti-?virus|\bmta\b|\blmtp\b|smtp", Options);

    private static readonly Regex Subject = new(
        @"undeliver|non-?deliver|not delivered|unable to deliver|could ?n.t be (sent|delivered)|cannot be (sent|delivered)|deliver(y|ies) (has )?(fail|status|problem|error|notification|report|delayed|incomplete|warning|to .{0,80} (failed|was delayed))|(fail|error|problem)\w* (deliver|send|during delivery|mail)|failed? delivery|mail (has )?failed|return(ed|ing) (mail|message|to sender)|failure notice|(mail|processing) (system )?error|message status|delayed mail|warning: (message|could not)|message (delivery )?(delayed|has failed|rejected|not sent|you sent blocked)|(automatically )?rejected mail|error sending your|status notification|rejected:|mail could not|(user|recipient|address|mailbox) (is )?(unknown|not found)|(unknown|no such|invalid) (user|recipient|address|mailbox)|unzustellbar|nicht zugestellt|fehlgeschlagen|non (remis|délivré|distribué|distribuable)|échec (de )?(la )?(remise|livraison|distribution)|no se (ha )?pod?ido entregar|no se pudo entregar|no entregado|error de entrega|non recapitabile|mancata consegna|não (foi )?entregue|falha na entrega|onbestelbaar|niet (afgeleverd|bezorgd)|nie (została )?dostarczon|kunde inte levereras|teslim edilemedi|nelze doručit|недоставлен|не доставлено|не может быть доставлено|配信|エラー(通知|メール)|送信(でき|エラー)|未達|无法送达|無法(傳送|傳遞|寄送)|发送失败|投递失败|传输失败|退信|系统退信|반송|전송 ?실패", Options);

    private static readonly Regex Body = new(
        @"(could|can|did|was|has|have|been|were|is) ?(not|n.t) (yet )?(able to )?(be )?(been )?(deliver|sent|reach|receive|processed)|unable to (deliver|send|relay|connect)|not delivered|undeliver|failed permanently|permanent (fatal )?(error|failure|delivery)|delivery (has )?(failed|problems?|to the following|attempt|error)|non-delivery|error (while|occurred|delivering|sending|has occurred|was (encountered|detected))|(following|failed|affected|invalid|valid) (address|recipient)|mail system at host|transcript of session|failure reasons|returned (to sender|message|because)|being returned|(was|been|automatically) rejected|rejected (by|your|recipient)|retried (until|for)|did not (reach|like)|(have|had) trouble delivering|exceeds allowed size|account has been|mailbox (is )?(full|exceed|unavailable)|has been (postponed|delayed|deferred)|(unknown|no such|invalid|not a valid) ([a-z]+ )?([a-z]+ )?(user|recipient|address|mailbox|account|host|domain)|(user|recipient|mailbox|host) (is )?(unknown|not known|not found|not recognized)|no mailbox (here )?by that name|(konnte|kann) nicht (zugestellt|übermittelt)|n.a (pas )?pu (pas )?être (remis|délivré|distribué|livré|transmis)|n.a pas pu etre|no (se )?(ha )?(pudo|podido) (ser )?(entreg|envi)|non (è stato|può essere|è possibile) (consegna|recapita)|impossibile (recapita|consegna)|não (pôde|foi possível|pode) (ser )?entreg|kon niet worden (afgeleverd|bezorgd)|nie (mogła|może) (zostać|być) dostarczon|kunde inte levereras|teslim edileme|nemohla být doručena|送信できません|送信に失敗|配信できません|お届けできません|не может быть доставлено|не удалось доставить|リストにありません|无法(发送|送达|投递|传送)|無法(傳送|傳遞|寄送|投遞)|배달(되지|할 수)|전송(되지|할 수)", Options);

    // A recipient with its refusal: in a transcript, on a line of its own, or behind the word for what is wrong.
    private static readonly Regex Named = new(
        @"rcpt to: ?<[^<>\s]+@|(delivered|sent) to:?[ \t]{0,4}[""'<]?[^\s@<>""']{1,64}@|^[ \t>*-]{0,10}""?<?[^\s<>@""]{1,64}@[^\s<>@""]{1,255}>?""?[ \t]*(:|\.\.\.|-|\r?$)|(unknown|invalid|no such|bad|failed|rejected|undeliverable|affected|intended|error-for|final delivery)[ :][\w ]{0,30}[:=]?[ \t]*[""'<]?[^\s@<>""']{1,64}@",
        Options | RegexOptions.Multiline);

    private static readonly Regex Success = new(@"success|has been (delivered|relayed|received|read)|was (delivered|read|relayed)|(return|read) receipt", Options);

    /// <param name="original">The text holds the header of another message, or says where it was.</param>
    public static bool IsBounce(HeaderBlock header, string text, bool original)
    {
        if (header.Contains("X-Failed-Recipients"))
        {
            return true;
        }

        var searched = text.Length > MaxSearched ? text[..MaxSearched] : text;
        var tells = Subject.IsMatch(header.Text("Subject") ?? string.Empty);
        var says = Body.IsMatch(searched);
        var names = Named.IsMatch(searched) && (says || !Success.IsMatch(searched));
        var isAutomatic = IsAutomatic(header);
        if (IsReport(header) && (tells || says))
        {
            return true;
        }

        if (IsFromSystem(header))
        {
            return (tells && (says || original || names)) || (says && (original || isAutomatic || names));
        }

        return says && (isAutomatic ? tells && (original || names) : names && (tells || original) && Gateway.IsMatch(From(header)));
    }

    /// <summary>By its addresses a mail system sent it.</summary>
    public static bool IsFromSystem(HeaderBlock header)
    {
        var from = From(header);
        return System.IsMatch(from) || from.Trim() is "" or "<>" || IsNullPath(header);
    }

    private static string From(HeaderBlock header) => header.Text("From") ?? string.Empty;

    // The container of RFC 6522 whose inner parts do not say what they should.
    private static bool IsReport(HeaderBlock header) =>
        header.Value("Content-Type") is { } type && type.Contains("multipart/report", StringComparison.OrdinalIgnoreCase)
        && type.Contains("delivery-status", StringComparison.OrdinalIgnoreCase);

    private static bool IsNullPath(HeaderBlock header) =>
        header.Value("Return-Path")?.Trim() is { } path && (path is "<>" or "" || path.Contains("mailer-daemon", StringComparison.OrdinalIgnoreCase));

    private static bool IsAutomatic(HeaderBlock header) =>
        IsNullPath(header) || (header.Value("Auto-Submitted") is { } value && !value.StartsWith("no", StringComparison.OrdinalIgnoreCase));
}
