# SPDX-License-Identifier: Apache-2.0
"""File systems for the rigs: ext4 on loop-mounted images, and tmpfs of a given size. They need root, and a kernel that lets
us; can_mount() says why not."""
import os
import pathlib
import shutil
import subprocess
import tempfile


class MountError(Exception):
    pass


def command(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode != 0:
        raise MountError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")


def can_mount(loop):
    """"" or why not."""
    if os.geteuid() != 0:
        return "mounting needs root"
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder) / "mounted"
        place.mkdir()
        try:
            if loop:
                make_image(pathlib.Path(folder) / "image", 8)
                command("mount", "-o", "loop", pathlib.Path(folder) / "image", place)
            else:
                command("mount", "-t", "tmpfs", "-o", "size=1m", "none", place)
            command("umount", place)
        except (MountError, FileNotFoundError) as why:
            return str(why)
    return ""


def make_image(path, megabytes):
    with open(path, "wb") as stream:
        stream.truncate(megabytes * 1024 * 1024)
    command("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", path)


class TwoDisks:
    """The spool on one image and its messages on another, so that syncing one says nothing of the other. What the daemon
    does in incoming/ is done in messages/incoming/ (fault_shim's redirect): a file gets its name where its bytes are."""

    def __init__(self, folder, own):
        """`own` gives paths to the daemon's user."""
        self.folder = folder
        self.spool = folder / "disks"
        self.spool.mkdir()
        self.images = [folder / "spool.img", folder / "messages.img"]
        self.mounted = False
        self.copied = 0
        make_image(self.images[0], 16)
        make_image(self.images[1], 48)
        self.mount(self.images)
        (self.spool / "messages" / "incoming").mkdir(mode=0o700)
        own(self.spool, self.spool / "messages", self.spool / "messages" / "incoming")
        self.unmount()

    @property
    def redirect(self):
        return f"{self.spool}/incoming:{self.spool}/messages/incoming"

    def copy(self, images, label):
        """The images as they are in this moment: what no sync has brought to them is not in the copy. The copies that had
        this label go, and the new ones are new files: a process that began its own mount namespace meanwhile (unshare -m)
        keeps what was mounted then, whatever is unmounted here, and would go on writing to it."""
        for old in self.folder.glob(f"{label}.*"):
            old.unlink()
        self.copied += 1
        copies = [image.with_name(f"{label}.{self.copied}-{image.name.split('-')[-1]}") for image in images]
        for image, target in zip(images, copies):
            command("cp", "--sparse=always", image, target)
        return copies

    def mount(self, images):
        """No commit of the file system's own comes between ours."""
        command("mount", "-o", "loop,commit=600,noatime", images[0], self.spool)
        self.mounted = True
        (self.spool / "messages").mkdir(mode=0o700, exist_ok=True)
        command("mount", "-o", "loop,commit=600,noatime", images[1], self.spool / "messages")
        for place in (self.spool, self.spool / "messages"):
            place.chmod(0o700)
            if (place / "lost+found").exists():
                (place / "lost+found").rmdir()

    def unmount(self):
        if not self.mounted:
            return
        for place in (self.spool / "messages", self.spool):
            if os.path.ismount(place):
                command("umount", place)
        self.mounted = False

    def close(self):
        for place in (self.spool / "messages", self.spool):
            while os.path.ismount(place):
                command("umount", "-l", place)


class Memory:
    """A tmpfs of so many bytes and inodes, mounted at `place`."""

    def __init__(self, place, size, inodes):
        self.place = place
        place.mkdir(mode=0o700)
        command("mount", "-t", "tmpfs", "-o", f"size={size},nr_inodes={inodes},mode=0700", "none", place)

    def remount(self, options):
        command("mount", "-o", f"remount,{options}", self.place)

    def fill(self, name, leave):
        """Leaves about so many bytes free."""
        info = os.statvfs(self.place)
        path = self.place / name
        with open(path, "wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, max(1, info.f_bavail * info.f_frsize - leave))
        return path

    def close(self):
        while os.path.ismount(self.place):
            command("umount", "-l", self.place)
        shutil.rmtree(self.place, ignore_errors=True)
