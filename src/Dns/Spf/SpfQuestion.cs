using System.Net;
using Relay.Mail;

namespace Relay.Dns;

/// <summary>May this address send for this domain? (RFC 7208 §4.1)</summary>
public sealed record SpfQuestion
{
    private SpfQuestion(IPAddress address, string domain, string localPart, string hello)
    {
        Address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        Domain = domain;
        LocalPart = localPart;
        Hello = hello;
    }

    public IPAddress Address { get; }

    public string Domain { get; }

    public string LocalPart { get; }

    /// <summary>What the client said in EHLO; may be nonsense.</summary>
    public string Hello { get; }

    /// <summary>Of a reverse-path; the null one stands for postmaster at the name of EHLO (RFC 7208 §2.4).</summary>
    public static SpfQuestion Of(IPAddress address, ReversePath reversePath, string hello) => reversePath.Mailbox is { } mailbox
        ? new SpfQuestion(address, mailbox.DomainText, mailbox.LocalPart, hello)
        : new SpfQuestion(address, hello, Postmaster, hello);

    /// <summary>Of a text that need not be a valid mailbox.</summary>
    public static SpfQuestion Of(IPAddress address, string sender, string hello)
    {
        if (sender.Length == 0)
        {
            return new SpfQuestion(address, hello, Postmaster, hello);
        }

        var at = sender.LastIndexOf('@');
        return new SpfQuestion(address, sender[(at + 1)..], at > 0 ? sender[..at] : Postmaster, hello);
    }

    private const string Postmaster = "postmaster";
}
