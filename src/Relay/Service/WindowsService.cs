using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Relay;

/// <summary>Runs the server under the Windows service control manager; everything Windows-only about services is in this file.</summary>
/// <remarks>
/// The usual hosting package reports running before the server serves (docs/decisions/0019), so the four calls of advapi32 are made here.
/// 1. The dispatcher connects to the manager, or says that this is a start by hand. 2. The manager calls back with the main function on
/// a thread of its own. 3. Start pending → running → stop pending → stopped is reported. 4. Stop and shutdown cancel the work.
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed partial class WindowsService : IDisposable
{
    private const int FailedServiceControllerConnect = 1063;
    private const int CallNotImplemented = 120;
    private const uint OwnProcess = 0x10;
    private const uint AcceptsStopAndShutdown = 0x1 | 0x4;
    private const uint ServiceSpecificError = 1066;
    private static readonly TimeSpan StartHint = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopHint = TimeSpan.FromSeconds(60);

    private readonly Func<CancellationToken, Action, Task<int>> _work;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ServiceMain _main;
    private readonly ControlHandler _handler;
    private IntPtr _statusHandle;
    private int _exitCode;

    private WindowsService(Func<CancellationToken, Action, Task<int>> work)
    {
        _work = work;
        _main = Main;
        _handler = Handle;
    }

    private delegate void ServiceMain(uint count, IntPtr arguments);

    private delegate uint ControlHandler(uint control, uint eventType, IntPtr eventData, IntPtr context);

    private enum State : uint
    {
        Stopped = 1,
        StartPending = 2,
        StopPending = 3,
        Running = 4,
    }

    private enum Control : uint
    {
        Stop = 1,
        Interrogate = 4,
        Shutdown = 5,
    }

    /// <summary>Runs the work as a service; false when the process was not started by the service control manager.</summary>
    /// <param name="work">Gets a token that stops it and an action to call once it serves; returns the exit code.</param>
    public static bool TryRun(Func<CancellationToken, Action, Task<int>> work, out int exitCode)
    {
        using var service = new WindowsService(work);
        var name = Marshal.StringToHGlobalUni("relay");
        try
        {
            // The table ends with an empty entry.
            Entry[] table = [new Entry { Name = name, Main = Marshal.GetFunctionPointerForDelegate(service._main) }, default];
            if (StartServiceCtrlDispatcher(table))
            {
                exitCode = service._exitCode;
                return true;
            }

            var error = Marshal.GetLastPInvokeError();
            exitCode = 0;
            return error == FailedServiceControllerConnect ? false : throw new Win32Exception(error);
        }
        finally
        {
            Marshal.FreeHGlobal(name);
        }
    }

    public void Dispose() => _stopping.Dispose();

    private void Main(uint count, IntPtr arguments)
    {
        _statusHandle = RegisterServiceCtrlHandlerEx("relay", _handler, IntPtr.Zero);
        if (_statusHandle == IntPtr.Zero)
        {
            _exitCode = Marshal.GetLastPInvokeError();
            return;
        }

        Report(State.StartPending, StartHint);
        // The manager's thread has nothing else to do; it ends with the service.
#pragma warning disable VSTHRD002
        _exitCode = _work(_stopping.Token, () => Report(State.Running, TimeSpan.Zero)).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        Report(State.Stopped, TimeSpan.Zero);
    }

    private uint Handle(uint control, uint eventType, IntPtr eventData, IntPtr context)
    {
        switch ((Control)control)
        {
            case Control.Stop or Control.Shutdown:
                Report(State.StopPending, StopHint);
                _stopping.Cancel();
                return 0;
            case Control.Interrogate:
                return 0;
            default:
                return CallNotImplemented;
        }
    }

    private void Report(State state, TimeSpan hint)
    {
        var status = new Status
        {
            ServiceType = OwnProcess,
            CurrentState = (uint)state,
            ControlsAccepted = state == State.Running ? AcceptsStopAndShutdown : 0,
            Win32ExitCode = state == State.Stopped && _exitCode != 0 ? ServiceSpecificError : 0,
            ServiceSpecificExitCode = (uint)_exitCode,
            WaitHint = (uint)hint.TotalMilliseconds,
        };
        SetServiceStatus(_statusHandle, in status);
    }

    [LibraryImport("advapi32.dll", EntryPoint = "StartServiceCtrlDispatcherW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool StartServiceCtrlDispatcher([In] Entry[] table);

    [LibraryImport("advapi32.dll", EntryPoint = "RegisterServiceCtrlHandlerExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial IntPtr RegisterServiceCtrlHandlerEx(string name, ControlHandler handler, IntPtr context);

    [LibraryImport("advapi32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetServiceStatus(IntPtr handle, in Status status);

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public IntPtr Name;
        public IntPtr Main;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Status
    {
        public uint ServiceType;
        public uint CurrentState;
        public uint ControlsAccepted;
        public uint Win32ExitCode;
        public uint ServiceSpecificExitCode;
        public uint CheckPoint;
        public uint WaitHint;
    }
}
